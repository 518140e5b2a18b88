/** Limits for a child process that the kernel enforces. */
import type { Program } from './program.ts';

export interface ChildLimits {
  /** Bytes of data memory, for each process. */
  memoryBytes: number;
  /** Bytes of any one file that it writes: decompressed or copied data does not show in network counters. */
  fileBytes: number;
  /** Seconds of CPU time, for each process. After them the kernel ends it. */
  cpuSeconds: number;
}

/** Seconds that the smallest task may take on a busy machine. */
const BASE_SECONDS = 60;
/** Bytes per second that the slowest normal task handles. Stream copies on half a CPU are ten times faster. */
const SLOWEST_BYTES_PER_SECOND = 4 * 1024 * 1024;

/** How many seconds a task on this many bytes may take: CPU time, or wall time without waiting for input. */
export function workSeconds(bytes: number): number {
  return BASE_SECONDS + Math.ceil(bytes / SLOWEST_BYTES_PER_SECOND);
}

/**
 * Node cannot set limits for a child, but every POSIX shell can. It sets them and then executes the program under the
 * same process id. The program and its arguments are passed as arguments, never as text of the script. `-d` counts KiB,
 * `-f` blocks of 512 bytes (POSIX), `-t` seconds. A limit that the system lacks, or that is lower already, is skipped.
 * `nice` lowers the priority: the downloader, which serves all jobs, comes first. At the end of its CPU time, a child gets
 * SIGXCPU, and SIGKILL only seconds later: SIGKILL then means that memory ran out. When memory runs out, Linux ends the
 * process with the highest `oom_score_adj`, so the downloader and its other jobs survive.
 */
const SCRIPT = [
  '{ ulimit -d "$1"; ulimit -f "$2"; ulimit -S -t "$3"; ulimit -H -t "$4"; echo 1000 >/proc/self/oom_score_adj; } 2>/dev/null',
  'shift 4',
  'exec nice -n 10 "$@"',
].join('\n');

/** CPU seconds between SIGXCPU and SIGKILL. */
const SIGKILL_AFTER_SECONDS = 5;

/** The command to spawn instead of this one. For a missing program its exit code is 127. Pure. */
export function limitChild(
  { command, args }: Program,
  { memoryBytes, fileBytes, cpuSeconds }: ChildLimits,
): Program {
  const kibibytes = Math.floor(memoryBytes / 1024);
  const blocks = Math.ceil(fileBytes / 512);
  const limits = [kibibytes, blocks, cpuSeconds, cpuSeconds + SIGKILL_AFTER_SECONDS].map(String);
  return { command: '/bin/sh', args: ['-c', SCRIPT, 'sh', ...limits, command, ...args] };
}

/**
 * Processes and threads of one job at once. yt-dlp with its JavaScript runtime, or ffmpeg on a machine with many processors, takes
 * less than a hundred.
 */
const MAX_PROCESSES = 256;
/** The same beside what the user runs already, where it is not the user of the job alone: other jobs start children meanwhile. */
const MAX_PROCESSES_BESIDE = 1024;

/** The name of the limit is `-u` in most shells, and `-p` in older versions of dash. */
const PROCESS_SCRIPT = ['{ ulimit -u "$1" || ulimit -p "$1"; } 2>/dev/null', 'shift', 'exec "$@"'].join('\n');

/**
 * The command to run instead of this one, so that it cannot fill the process table. The kernel counts all processes of a
 * user, so the program must have a user, or a user namespace, of its own. Pure.
 */
export function limitProcesses({ command, args }: Program, most = MAX_PROCESSES): Program {
  return { command: '/bin/sh', args: ['-c', PROCESS_SCRIPT, 'sh', String(most), command, ...args] };
}

/**
 * The same for a program of a user with other processes. The limit is an upper bound: it counts from what the user runs now, `tasks`. It
 * holds for the program alone, and not at all for root.
 */
export function limitProcessesBeside(program: Program, tasks: number): Program {
  return limitProcesses(program, tasks + MAX_PROCESSES_BESIDE);
}
