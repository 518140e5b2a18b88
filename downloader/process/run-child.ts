/** Runs child processes without a shell or an inherited environment, and leaves none behind. */
import { spawn, type ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { JobFailure } from '../job-failure.ts';
import type { Confinement, Exit } from './confinement.ts';
import { limitChild, type ChildLimits } from './limit-child.ts';
import { createLineReader } from './line-reader.ts';
import { scrub } from '../../worker/contract/scrub.ts';

export interface ChildOptions {
  command: string;
  args: readonly string[];
  cwd: string;
  /** Null: only for programs that read nothing from strangers. */
  confinement: Confinement | null;
  /** The only folder that a confined child may write, and its working folder. Default: none, and /tmp. */
  folder?: string;
  /** The whole environment of the child: nothing is inherited. */
  env: Readonly<Record<string, string>>;
  /** Aborting ends the child and all that it started; `runChild` then throws the signal's reason. */
  signal: AbortSignal;
  /** Chunks for its stdin, requested as the pipe accepts them. */
  input?: AsyncIterable<Uint8Array>;
  onStdoutLine?: (line: string) => void;
  /** Longest stdout line, in characters; a longer one throws. Default: 64 KiB. */
  maxLineCharacters?: number;
  /** How much of the end of stderr is kept. */
  maxStderrBytes: number;
  timeoutMs: number;
  /** Without limits the child runs at normal priority. */
  limits?: ChildLimits;
}

export interface ChildResult {
  /** Null when a signal ended it. */
  exitCode: number | null;
  /** True when `timeoutMs` passed first. */
  timedOut: boolean;
  /** The end of stderr, without credentials and without query strings of URLs. */
  stderr: string;
}

let childCount = 0;

/** How many children of this process run now. */
export function runningChildren(): number {
  return childCount;
}

/**
 * Runs one command to its end. Waits for the exit of the child, not for its pipes to close, since an orphan may hold
 * them open. The rest of the process group is then killed. Throws the abort reason, or the error of the spawn (ENOENT),
 * of `input` or of `onStdoutLine`, or the JobFailure `downloader_out_of_memory`. An exit code other than 0 is a result.
 */
export async function runChild(options: ChildOptions): Promise<ChildResult> {
  options.signal.throwIfAborted();
  const child = start(options);
  childCount += 1;
  const kill = (): void => killGroup(child);
  const outcome: { timedOut: boolean; error: Error | null } = { timedOut: false, error: null };
  const fail = (error: unknown): void => {
    outcome.error ??= error instanceof Error ? error : new Error(String(error));
    kill();
  };
  const timer = setTimeout(() => {
    outcome.timedOut = true;
    kill();
  }, options.timeoutMs);
  options.signal.addEventListener('abort', kill, { once: true });
  try {
    const stderr = keepTail(child.stderr, options.maxStderrBytes);
    const stdout = readLines(child.stdout, options, fail);
    if (options.input && child.stdin) void feed(child.stdin, options.input).catch(fail);
    const { exitCode, signal } = await exited(child, options.confinement);
    kill();
    await drained([child.stdout, child.stderr]);
    if (!outcome.error) stdout.end();
    options.signal.throwIfAborted();
    if (outcome.error) throw outcome.error;
    // Nobody else sends SIGKILL than this function and a system without free memory.
    if (signal === 'SIGKILL' && !outcome.timedOut) throw new JobFailure('downloader_out_of_memory');
    return { exitCode, timedOut: outcome.timedOut, stderr: scrub(stderr()) };
  } finally {
    childCount -= 1;
    clearTimeout(timer);
    options.signal.removeEventListener('abort', kill);
    kill();
    for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe?.destroy();
  }
}

function start(options: ChildOptions): ChildProcess {
  const { confinement, limits, folder = null } = options;
  const confined = confinement ? confinement.wrap(options, folder) : options;
  const { command, args } = limits ? limitChild(confined, limits) : confined;
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env,
    shell: false,
    detached: true,
    // The fourth, descriptor 3, is the filter of system calls.
    stdio: [
      options.input ? 'pipe' : 'ignore',
      'pipe',
      'pipe',
      ...(confinement?.filter ? ['pipe' as const] : []),
    ],
  });
  const filter = child.stdio[3];
  if (filter instanceof Socket && confinement?.filter)
    filter.on('error', () => {}).end(confinement.filter.bytes);
  return child;
}

/** Uses SIGKILL, since a child has nothing to save: its folder is removed with the job. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // ESRCH: the group is empty. EPERM: macOS says so of a group of zombies.
  }
}

function exited(child: ChildProcess, confinement: Confinement | null): Promise<Exit> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (exitCode, signal) => {
      const exit = { exitCode, signal };
      resolve(confinement ? confinement.readExit(exit) : exit);
    });
  });
}

/** The output of an ended child is in the pipes already. 250 ms is enough to read it, also when an orphan holds them. */
async function drained(pipes: (Readable | null)[]): Promise<void> {
  const open = pipes.flatMap((pipe) => (pipe && !pipe.closed ? [pipe] : []));
  const ends = open.map((pipe) => new Promise((resolve) => pipe.once('close', resolve)));
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise((resolve) => {
    timer = setTimeout(resolve, 250);
  });
  await Promise.race([Promise.all(ends), patience]);
  clearTimeout(timer);
}

function keepTail(pipe: Readable | null, maxBytes: number): () => string {
  let tail = Buffer.alloc(0);
  pipe?.on('error', () => {});
  pipe?.on('data', (chunk: Buffer) => {
    const all = Buffer.concat([tail, chunk]);
    tail = all.subarray(Math.max(0, all.length - maxBytes));
  });
  return () => tail.toString('utf8');
}

function readLines(pipe: Readable | null, options: ChildOptions, fail: (error: unknown) => void) {
  const reader = createLineReader(options.maxLineCharacters ?? 65_536, options.onStdoutLine ?? (() => {}));
  pipe?.setEncoding('utf8');
  pipe?.on('error', () => {});
  pipe?.on('data', (text: string) => {
    try {
      reader.push(text);
    } catch (error) {
      pipe.destroy();
      fail(error);
    }
  });
  return reader;
}

/** Writes with back-pressure. Stops when the child stops reading; its exit shows why. */
async function feed(stdin: Writable, input: AsyncIterable<Uint8Array>): Promise<void> {
  stdin.on('error', () => {});
  for await (const chunk of input) {
    if (!(await write(stdin, chunk))) return;
  }
  stdin.end();
}

function write(stdin: Writable, chunk: Uint8Array): Promise<boolean> {
  if (!stdin.writable) return Promise.resolve(false);
  return new Promise((resolve) => {
    const closed = (): void => resolve(false);
    stdin.once('close', closed);
    stdin.write(chunk, (error) => {
      stdin.off('close', closed);
      resolve(!error);
    });
  });
}
