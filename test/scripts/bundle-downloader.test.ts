import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleDownloader } from '../../scripts/build/bundle-downloader.ts';
import { NODE_FLAGS, RUNTIME_ENVIRONMENT } from '../../scripts/start/downloader-process.ts';
import { PUBLIC_KEY_BASE64 } from '../downloader/dispatcher.ts';

let folder = '';
let main = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'importly-bundle-'));
  main = await bundleDownloader(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the bundle runs without packages, as in the container', async () => {
  const env = { PORT: '0', WORK_DIR: folder, DISPATCH_PUBLIC_KEY: PUBLIC_KEY_BASE64 };
  const child = fork(main, [], { cwd: folder, env, execArgv: NODE_FLAGS });
  try {
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

test('the thread that parses untrusted bytes has its own bundle', async () => {
  expect(await readdir(folder)).toEqual(expect.arrayContaining(['main.mjs', 'parser-thread.mjs']));
});

test('the container starts it with the same flags as `npm start`', async () => {
  const file = await readFile(join(import.meta.dirname, '../../downloader/Dockerfile'), 'utf8');
  expect(file).toContain(
    `CMD ${JSON.stringify(['node', ...NODE_FLAGS, 'downloader/main.mjs']).replaceAll(',', ', ')}`,
  );
  for (const [name, value] of Object.entries(RUNTIME_ENVIRONMENT)) expect(file).toContain(`${name}=${value}`);
});
