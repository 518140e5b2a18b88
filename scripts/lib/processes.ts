/** What runs on this machine, as far as a stack must know: Linux by /proc, elsewhere by ps. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

export interface ProcessInfo {
  pid: number;
  parentPid: number;
  command: string;
}

function readProc(pid: string): ProcessInfo[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold spaces: fields are counted from its end. State Z has ended and waits for its parent.
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z') return [];
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return [{ pid: Number(pid), parentPid: Number(parent), command }];
  } catch {
    return []; // It ended while it was read.
  }
}

function parsePs(line: string): ProcessInfo[] {
  const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line);
  if (match === null || match[3]?.startsWith('Z')) return [];
  return [{ pid: Number(match[1]), parentPid: Number(match[2]), command: match[4] ?? '' }];
}

/** Every process that runs now. */
export function listProcesses(): ProcessInfo[] {
  if (existsSync('/proc/self/stat')) {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap(readProc);
  }
  const text = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,command='], { encoding: 'utf8' });
  return text.split('\n').flatMap(parsePs);
}

/** The processes below `pid`, nearest first. */
export function descendantsOf(pid: number, all = listProcesses()): ProcessInfo[] {
  const children = all.filter((process) => process.parentPid === pid);
  return [...children, ...children.flatMap((child) => descendantsOf(child.pid, all))];
}

/** Sends a signal to a process, or with `group` to the whole group that it leads; false when there is none. */
export function signalProcess(pid: number, signal: NodeJS.Signals, group = false): boolean {
  try {
    return process.kill(group ? -pid : pid, signal);
  } catch {
    return false;
  }
}
