/** Builds the image of the downloader and runs it with the engine of this machine, as a deployment does. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { findEngine } from '../../scripts/lib/engine.ts';
import { ROOT } from '../../scripts/lib/paths.ts';
import { freePort } from '../../scripts/lib/ports.ts';
import { PUBLIC_KEY_BASE64 } from '../downloader/dispatcher.ts';

const exec = promisify(execFile);
const IMAGE = 'localhost/importly-downloader-test';
const found = findEngine(process.env);

export const engine = 'command' in found ? found.command : null;

/** Runs the engine and returns its output. Throws if it fails. */
export async function run(...args: string[]): Promise<string> {
  // Podman leaves an empty file in its working folder when a container runs out of memory.
  const { stdout } = await exec(engine!, args, { cwd: tmpdir(), maxBuffer: 64 * 1024 * 1024 });
  return stdout.trim();
}

/** NODE_IMAGE names another base image, for a machine that reaches no registry. */
export async function buildImage(): Promise<void> {
  const { NODE_IMAGE } = process.env;
  const base = NODE_IMAGE ? ['--build-arg', `NODE_IMAGE=${NODE_IMAGE}`] : [];
  const file = ['--file', join(ROOT, 'downloader/Dockerfile')];
  await run('build', '--network', 'host', ...file, '--tag', IMAGE, ...base, ROOT);
}

/** Bytes of all layers. */
export async function imageSizeBytes(): Promise<number> {
  return Number(await run('image', 'inspect', '--format', '{{.Size}}', IMAGE));
}

export interface Container {
  base: string;
  /** Runs a command in it as root with the capabilities of the container. */
  exec: (...command: string[]) => Promise<string>;
  logs: () => Promise<string>;
  /** Stops it as a platform does; resolves with its exit code. */
  stop: () => Promise<number>;
  remove: () => Promise<void>;
}

/** What docs/operations.md says that the image needs for a user of its own for each job. */
export const CAPABILITIES = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'KILL', 'SETGID', 'SETUID'];

/** Read-only, with these capabilities alone, on the network of the host. `flags` add what a test needs. */
export async function startContainer(
  flags: string[] = [],
  capabilities: readonly string[] = CAPABILITIES,
): Promise<Container> {
  const name = `importly-test-${randomUUID().slice(0, 8)}`;
  const volume = ['--volume', `${name}:/var/lib/importly`];
  const locked = [
    '--read-only',
    '--cap-drop',
    'ALL',
    '--security-opt',
    'no-new-privileges',
    ...capabilities.flatMap((name) => ['--cap-add', name]),
    '--network',
    'host',
  ];
  const port = await freePort();
  const variables = {
    PORT: port,
    HOST: '127.0.0.1',
    DISPATCH_PUBLIC_KEY: PUBLIC_KEY_BASE64,
    EGRESS_ALLOW: '127.0.0.1',
  };
  const env = Object.entries(variables).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
  await run('run', '--detach', '--name', name, ...locked, ...volume, ...env, ...flags, IMAGE);
  const base = `http://127.0.0.1:${port}`;
  const isUp = () =>
    fetch(`${base}/health`)
      .then(({ ok }) => ok)
      .catch(() => false);
  await expect.poll(isUp, { timeout: 60_000 }).toBe(true);
  return {
    base,
    exec: (...command) => run('exec', name, ...command),
    logs: () => run('logs', name),
    stop: async () => {
      await run('stop', '--time', '35', name);
      return Number(await run('inspect', '--format', '{{.State.ExitCode}}', name));
    },
    remove: async () => {
      await run('rm', '--force', name);
      await run('volume', 'rm', '--force', name);
    },
  };
}
