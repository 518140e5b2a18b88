/** Starts the whole service with the start script, as its own process with its own state directory. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../scripts/lib/ports.ts';
import {
  descendantsOf,
  listProcesses,
  signalProcess,
  type ProcessInfo,
} from '../../../scripts/lib/processes.ts';

const ROOT = join(import.meta.dirname, '../../..');
/** The last line of the greeting. */
const READY = 'Press Ctrl-C to stop.';

export interface StackOptions {
  /** Added to a clean environment that allows loopback addresses for sources and storage. */
  env?: Record<string, string>;
  /** The state directory of an earlier stack. Without it, the stack gets a new one. */
  stateDirectory?: string;
  port?: number;
  /** The checkout whose start script runs. Default: this one. */
  root?: string;
}

export interface Stack {
  apiUrl: string;
  apiKey: string;
  stateDirectory: string;
  /** Everything that was printed to stdout and stderr. */
  output(): string;
  /** The start script and all its descendants. */
  processes(): ProcessInfo[];
  /** The process that runs the Worker, and the current downloader. */
  workerPid(): number;
  downloaderPid(): number;
  /** Runs the scheduled handler of the Worker: sweep and ring. */
  sweep(): Promise<void>;
  /** Sends one signal to the start script, waits until it has ended, and returns its exit code. The state stays. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
  /** Sends SIGKILL to every process at once, like a power failure. */
  killEverything(): Promise<void>;
  /** Ends all processes and removes the state. */
  stop(): Promise<void>;
}

function stackEnvironment(stateDirectory: string, port: number, over: Record<string, string>) {
  const passed = ['PATH', 'HOME', 'XDG_CACHE_HOME', 'TMPDIR', 'PYENV_ROOT', 'PYENV_VERSION'];
  return {
    ...Object.fromEntries(passed.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []))),
    IMPORTLY_STATE_DIR: stateDirectory,
    PORT: String(port),
    EGRESS_ALLOW: '127.0.0.1',
    ...over,
  };
}

/** Starts the script without waiting, for starts that are expected to fail. */
export function spawnStart(
  env: Record<string, string>,
  root = ROOT,
): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, [join(root, 'scripts/start.ts')], {
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += String(chunk)));
  return { child, output: () => output };
}

/** Waits until the script has printed its greeting. Throws with the output if the script ends before that. */
async function untilReady(child: ChildProcess, output: () => string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const look = () => output().includes(READY) && resolve();
    child.stdout?.on('data', look);
    child.once('exit', (code) => reject(new Error(`the start ended with code ${code}:\n${output()}`)));
  });
}

/** Runs the scheduled handler of the Worker: sweep and ring. */
export async function sweepStack(apiUrl: string): Promise<void> {
  const answer = await fetch(`${apiUrl}/cdn-cgi/local/scheduled?cron=*+*+*+*+*`);
  if (!answer.ok) throw new Error(`the sweep answered ${answer.status}: ${await answer.text()}`);
}

/** Starts a stack. It accepts requests when this resolves. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const stateDirectory = options.stateDirectory ?? (await mkdtemp(join(tmpdir(), 'importly-e2e-')));
  const port = options.port ?? (await freePort());
  const { child, output } = spawnStart(
    stackEnvironment(stateDirectory, port, options.env ?? {}),
    options.root,
  );
  await untilReady(child, output);
  const dev = JSON.parse(await readFile(join(stateDirectory, 'dev.json'), 'utf8')) as Record<string, string>;
  const { apiUrl = '', apiKey = '' } = dev;
  const pid = child.pid ?? 0;
  const processes = () =>
    listProcesses()
      .filter((one) => one.pid === pid)
      .concat(descendantsOf(pid));
  const pidOf = (part: string): number => {
    const found = processes().find(({ command }) => command.includes(part));
    if (found === undefined) throw new Error(`no process of the stack runs ${part}`);
    return found.pid;
  };
  const exited = async (): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return child.exitCode;
  };
  const killEverything = async (): Promise<void> => {
    // The supervisor first, because it restarts children that end.
    for (const one of processes()) signalProcess(one.pid, 'SIGKILL');
    await exited();
  };
  return {
    apiUrl,
    apiKey,
    stateDirectory,
    output,
    processes,
    workerPid: () => pidOf('workerd serve'),
    downloaderPid: () => pidOf('downloader/main.mjs'),
    sweep: () => sweepStack(apiUrl),
    end: async (signal = 'SIGTERM') => {
      child.kill(signal);
      return exited();
    },
    killEverything,
    stop: async () => {
      child.kill('SIGTERM');
      await exited();
      await rm(stateDirectory, { recursive: true, force: true });
    },
  };
}
