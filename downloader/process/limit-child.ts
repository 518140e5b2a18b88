/** Limits that the kernel holds a child to, whatever the bytes that it reads make it do. */

export interface ChildLimits {
  /** Bytes of memory of its own, of each process: what does not fit fails there, not in the whole machine. */
  memoryBytes: number;
  /** Bytes of any one file that it writes: decompressed or doubled data is counted nowhere on the network. */
  fileBytes: number;
}

/**
 * Node cannot set limits of a child, every POSIX shell can: it sets them and becomes the program, under the same process
 * id. The program and its arguments stay arguments, never text of the script. `-d` counts KiB, `-f` blocks of 512 bytes
 * (POSIX); a system that knows no such limit, or has a lower one already, goes on.
 */
const SCRIPT = 'ulimit -d "$1" 2>/dev/null; ulimit -f "$2" 2>/dev/null; shift 2; exec "$@"';

/** The command to spawn in place of this one. A missing program then ends with exit code 127. Pure. */
export function limitChild(
  command: string,
  args: readonly string[],
  { memoryBytes, fileBytes }: ChildLimits,
): { command: string; args: string[] } {
  const kibibytes = Math.floor(memoryBytes / 1024);
  const blocks = Math.ceil(fileBytes / 512);
  return { command: '/bin/sh', args: ['-c', SCRIPT, 'sh', `${kibibytes}`, `${blocks}`, command, ...args] };
}
