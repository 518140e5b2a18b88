/** Limits that the kernel holds a child to, whatever the bytes that it reads make it do. */

export interface ChildLimits {
  /** Bytes of memory of its own, of each process: what does not fit fails there, not in the whole machine. */
  memoryBytes: number;
  /** Bytes of any one file that it writes: decompressed or doubled data is counted nowhere on the network. */
  fileBytes: number;
  /** Seconds of a processor, of each process; the kernel then kills it. */
  cpuSeconds: number;
}

/** Seconds that even the smallest work may take on a busy machine. */
const BASE_SECONDS = 60;
/** Bytes a second that the slowest honest work handles: copies of streams on half a processor are ten times faster. */
const SLOWEST_BYTES_PER_SECOND = 4 * 1024 * 1024;

/** How long honest work on this many bytes may take, in seconds: of a processor, or of a clock that leaves out waiting. */
export function workSeconds(bytes: number): number {
  return BASE_SECONDS + Math.ceil(bytes / SLOWEST_BYTES_PER_SECOND);
}

/**
 * Node cannot set limits of a child, every POSIX shell can: it sets them and becomes the program, under the same process
 * id. The program and its arguments stay arguments, never text of the script. `-d` counts KiB, `-f` blocks of 512 bytes
 * (POSIX), `-t` seconds; a system that knows no such limit, or has a lower one already, goes on.
 */
const SCRIPT =
  'ulimit -d "$1" 2>/dev/null; ulimit -f "$2" 2>/dev/null; ulimit -t "$3" 2>/dev/null; shift 3; exec "$@"';

/** The command to spawn in place of this one. A missing program then ends with exit code 127. Pure. */
export function limitChild(
  command: string,
  args: readonly string[],
  { memoryBytes, fileBytes, cpuSeconds }: ChildLimits,
): { command: string; args: string[] } {
  const kibibytes = Math.floor(memoryBytes / 1024);
  const blocks = Math.ceil(fileBytes / 512);
  const limits = [kibibytes, blocks, cpuSeconds].map(String);
  return { command: '/bin/sh', args: ['-c', SCRIPT, 'sh', ...limits, command, ...args] };
}
