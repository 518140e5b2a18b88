/** The whole service as a person starts it: the start script as a process of its own, in a state directory of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../scripts/lib/ports.ts';
import {
  descendantsOf,
  listProcesses,
  signalProcess,
  type ProcessInfo,
} from '../../scripts/lib/processes.ts';

const START = join(import.meta.dirname, '../../scripts/start.ts');
/** The last line of the greeting. */
const READY = 'Ctrl-C ends it.';

export interface StackOptions {
  /** Over a clean environment in which loopback may be reached as a source and as storage. */
  env?: Record<string, string>;
  /** A state directory of an earlier stack; without it a fresh one is made. */
  stateDirectory?: string;
  port?: number;
}

export interface Stack {
  apiUrl: string;
  apiKey: string;
  stateDirectory: string;
  /** Everything that was printed, both streams. */
  output(): string;
  /** Of the start script and of everything below it. */
  processes(): ProcessInfo[];
  /** The process that runs the Worker's code, and the downloader that runs now. */
  workerPid(): number;
  downloaderPid(): number;
  /** Fires the scheduled handler: sweep and ring. */
  sweep(): Promise<void>;
  /** Sends one signal to the start script and resolves with its exit code when it has ended; the state stays. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
  /** SIGKILL to every process at once, as a power cut. */
  killEverything(): Promise<void>;
  /** Ends what still runs and removes the state. */
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

/** Starts the script without waiting for anything: for starts that shall fail. */
export function spawnStart(env: Record<string, string>): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, [START], {
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += String(chunk)));
  return { child, output: () => output };
}

/** Resolves when the script has printed its greeting; throws with its output when it ends before. */
async function untilReady(child: ChildProcess, output: () => string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const look = () => output().includes(READY) && resolve();
    child.stdout?.on('data', look);
    child.once('exit', (code) => reject(new Error(`the start ended with code ${code}:\n${output()}`)));
  });
}

/** Starts a stack; ready to be asked when this resolves. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const stateDirectory = options.stateDirectory ?? (await mkdtemp(join(tmpdir(), 'importly-e2e-')));
  const port = options.port ?? (await freePort());
  const { child, output } = spawnStart(stackEnvironment(stateDirectory, port, options.env ?? {}));
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
    // The supervisor first: it would start again what it sees ending.
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
    sweep: async () => {
      const answer = await fetch(`${apiUrl}/cdn-cgi/local/scheduled?cron=*+*+*+*+*`);
      if (!answer.ok) throw new Error(`the sweep answered ${answer.status}: ${await answer.text()}`);
    },
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
