/**
 * The two services of docker-compose.yaml as processes, with the environment that the file gives them. Names of services
 * become loopback addresses, and volumes become folders: no container engine is needed.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../scripts/lib/ports.ts';
import { startDownloader, type TestDownloader } from '../support/stack/downloader.ts';
import { startStack, type Stack } from '../support/stack/stack.ts';

const ROOT = join(import.meta.dirname, '../..');

let folder: string;
let stack: Stack;
let downloader: TestDownloader;

/** The variables of a service, with the defaults of the file for those that come from outside. */
async function environmentOf(service: string): Promise<Record<string, string>> {
  const text = await readFile(join(ROOT, 'docker-compose.yaml'), 'utf8');
  const section = new RegExp(`^  ${service}:\\n((?:    .*\\n|\\n)+)`, 'm').exec(text)?.[1] ?? '';
  const pairs = Array.from(section.matchAll(/^ {6}([A-Z_0-9]+): (.+)$/gm), ([, name = '', value = '']) => [
    name,
    value.replaceAll('"', '').replace(/^\$\{[A-Z_]+:-(.*)\}$/, '$1'),
  ]);
  return Object.fromEntries(pairs) as Record<string, string>;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'importly-compose-'));
  const [workerPort, downloaderPort] = [await freePort(), await freePort()];
  const here = (variables: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [
        name,
        value
          .replaceAll('worker:8787', `127.0.0.1:${workerPort}`)
          .replaceAll('localhost:8787', `127.0.0.1:${workerPort}`)
          .replaceAll('downloader:8080', `127.0.0.1:${downloaderPort}`)
          .replace(/^\/keys/, folder),
      ]),
    );
  const { PORT: _port, IMPORTLY_STATE_DIR: _state, ...worker } = here(await environmentOf('worker'));
  stack = await startStack({ port: workerPort, stateDirectory: join(folder, 'state'), env: worker });
  const env = {
    DISPATCH_PUBLIC_KEY: '',
    ...here(await environmentOf('downloader')),
    PORT: String(downloaderPort),
  };
  downloader = await startDownloader(stack.stateDirectory, { env });
});
afterAll(async () => {
  await downloader.stop();
  await stack.stop();
  await rm(folder, { recursive: true, force: true });
});

test('the doctor passes every check', async () => {
  const doctor = join(ROOT, 'scripts/doctor.ts');
  const args = [doctor, '--url', stack.apiUrl, '--key', stack.apiKey];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(stdout).toContain('Every check passed.');
});

test('the network reaches no sweep on demand', async () => {
  const answer = await fetch(`${stack.apiUrl}/cdn-cgi/local/scheduled?cron=*+*+*+*+*`);
  // The Worker answers as for any path without a key; Miniflare would have run a sweep and answered 200.
  expect(answer.status).toBe(401);
});

test('the downloader gets the public half of the key only', async () => {
  const secrets = JSON.parse(await readFile(join(stack.stateDirectory, 'secrets.json'), 'utf8')) as Record<
    string,
    string
  >;
  expect(await readFile(join(folder, 'dispatch-public-key'), 'utf8')).toBe(secrets['DISPATCH_PUBLIC_KEY']);
  expect((await stat(join(stack.stateDirectory, 'secrets.json'))).mode & 0o777).toBe(0o600);
});

test('every folder that the images copy is sent to their builds', async () => {
  for (const [image, ignore] of [
    ['worker/Dockerfile', 'worker/Dockerfile.dockerignore'],
    ['downloader/Dockerfile', '.dockerignore'],
  ] as const) {
    const sent = (await readFile(join(ROOT, ignore), 'utf8'))
      .split('\n')
      .filter((line) => line.startsWith('!'));
    const copied = Array.from(
      (await readFile(join(ROOT, image), 'utf8')).matchAll(/^COPY (?!--from)(.+) \S+$/gm),
      ([, sources = '']) => sources.split(' ').map((source) => source.replace(/^\.\//, '')),
    ).flat();
    const missing = copied.filter(
      (source) => source !== '.' && !sent.some((entry) => source.startsWith(entry.slice(1))),
    );
    expect(missing).toEqual([]);
  }
});
