/** Lists and signals processes on this machine, with /proc on Linux and ps elsewhere. */
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
    // The name in parentheses can contain spaces, so fields are counted from its end. State Z means that the process has ended.
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z') return [];
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return [{ pid: Number(pid), parentPid: Number(parent), command }];
  } catch {
    return []; // The process ended in the meantime.
  }
}

function parsePs(line: string): ProcessInfo[] {
  const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line);
  if (match === null || match[3]?.startsWith('Z')) return [];
  return [{ pid: Number(match[1]), parentPid: Number(match[2]), command: match[4] ?? '' }];
}

/** All running processes. */
export function listProcesses(): ProcessInfo[] {
  if (existsSync('/proc/self/stat')) {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap(readProc);
  }
  const text = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,command='], { encoding: 'utf8' });
  return text.split('\n').flatMap(parsePs);
}

/** All descendants of `pid`, children first. */
export function descendantsOf(pid: number, all = listProcesses()): ProcessInfo[] {
  const children = all.filter((process) => process.parentPid === pid);
  return [...children, ...children.flatMap((child) => descendantsOf(child.pid, all))];
}

/** Sends a signal to a process, or with `group` to its whole process group. Returns false if it does not exist. */
export function signalProcess(pid: number, signal: NodeJS.Signals, group = false): boolean {
  try {
    return process.kill(group ? -pid : pid, signal);
  } catch {
    return false;
  }
}
