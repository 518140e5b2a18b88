/** Runs the Worker in `wrangler dev`, on the same state as Miniflare. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { WorkerBindings } from './environment.ts';
import { prepareDatabase } from './first-key.ts';
import type { StartWorker, WorkerInput } from './local-worker.ts';
import { NODE, ROOT } from '../lib/paths.ts';
import { LOOPBACK, freePort } from '../lib/ports.ts';
import { writePrivate } from '../lib/private-file.ts';
import { StartProblem } from '../lib/problem.ts';
import { signalProcess } from '../lib/processes.ts';
import { writeContainerConfig, type EngineVariables } from './container.ts';
import { startMiniflare } from './worker-in-miniflare.ts';

/** wrangler dev needs 2 to 4 s to start, and several times that on a busy machine. */
const READY_WITHIN_MS = 60_000;
/** The first start also builds the image, which downloads about 300 MB. */
const IMAGE_READY_WITHIN_MS = 900_000;
/** After a SIGTERM, it ends its processes within 2 s. */
const STOP_TIMEOUT_MS = 5_000;

/** Uses single quotes, because dotenv takes the text between them literally. */
function dotenv(bindings: WorkerBindings): string {
  return Object.entries(bindings)
    .map(([name, value]) => `${name}='${value}'\n`)
    .join('');
}

function launch(input: WorkerInput, engine: EngineVariables | null): ChildProcess {
  const variables = join(input.stateDirectory, 'dev.vars');
  writePrivate(variables, dotenv(input.bindings));
  const args = ['dev', '--ip', LOOPBACK, '--port', String(input.port), '--persist-to', input.stateDirectory];
  args.push('--env-file', variables, '--show-interactive-dev-session=false');
  if (engine) args.push('--config', writeContainerConfig(input.stateDirectory, input.bindings));
  // In its own process group, so that all its processes can be ended even if wrangler was killed.
  return spawn(NODE, [join(ROOT, 'node_modules/wrangler/bin/wrangler.js'), ...args], {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...engine, WRANGLER_SEND_METRICS: 'false' },
  });
}

async function waitUntilReady(child: ChildProcess, apiUrl: string, withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new StartProblem('wrangler dev ended; its message is above.');
    const answer = await fetch(`${apiUrl}/health`).catch(() => null);
    if (answer !== null) return;
    await delay(100);
  }
  throw new StartProblem(`wrangler dev did not answer at ${apiUrl} within ${withinMs / 1000} s.`);
}

async function stopTree(child: ChildProcess): Promise<void> {
  if (child.pid === undefined) return;
  const { pid } = child;
  const timer = setTimeout(() => signalProcess(pid, 'SIGKILL', true), STOP_TIMEOUT_MS);
  signalProcess(pid, 'SIGTERM', true);
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  clearTimeout(timer);
  signalProcess(pid, 'SIGKILL', true);
}

/** Starts Miniflare briefly, because wrangler offers no way to create the first key. */
async function prepareInMiniflare(input: WorkerInput) {
  const miniflare = await startMiniflare({ ...input, port: await freePort() });
  try {
    return await prepareDatabase(miniflare, input.knownKey);
  } finally {
    await miniflare.dispose();
  }
}

/** `engine` is null if the downloader is a process. Otherwise wrangler builds its image and runs it as a container. */
export function inWrangler(engine: EngineVariables | null): StartWorker {
  return (input) => startInWrangler(input, engine);
}

async function startInWrangler(input: WorkerInput, engine: EngineVariables | null) {
  const prepared = await prepareInMiniflare(input);
  const child = launch(input, engine);
  const apiUrl = `http://${LOOPBACK}:${input.port}`;
  try {
    await waitUntilReady(child, apiUrl, engine ? IMAGE_READY_WITHIN_MS : READY_WITHIN_MS);
  } catch (error) {
    await stopTree(child);
    throw error;
  }
  input.onChange();
  const sweep = async (): Promise<void> => {
    const answer = await fetch(`${apiUrl}/cdn-cgi/local/scheduled?cron=*+*+*+*+*`);
    await answer.body?.cancel();
    if (!answer.ok) throw new Error(`the scheduled handler answered ${answer.status}`);
  };
  return { worker: { sweep, stop: () => stopTree(child) }, ...prepared };
}
