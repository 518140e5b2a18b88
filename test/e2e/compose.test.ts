/**
 * The two services of docker-compose.yaml as processes, with the environment that the file gives them. Names of services
 * become loopback addresses, and volumes become folders: no container engine is needed.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../scripts/lib/ports.ts';
import { connectApi } from '../support/stack/api.ts';
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

/** The status of a GET whose Host header claims that the request comes from this machine. */
function statusOf(path: string, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    get(`${stack.apiUrl}${path}`, { headers: { host: 'localhost', ...headers } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    }).once('error', reject);
  });
}

describe('the network reaches nothing of Miniflare:', () => {
  test.each([
    ['sweeps on demand', 'scheduled?cron=*+*+*+*+*'],
    ['e-mail', 'email'],
    ['the explorer', 'explorer'],
    ['the S3 API of R2', 'r2/s3/importly-open-media'],
  ])('%s', async (_, path) => {
    expect(await statusOf(`/cdn-cgi/local/${path}`)).toBe(404);
    expect(await statusOf(`/x/../CDN-CGI/../cdn-cgi/local/${path}`)).toBe(404);
  });

  test('stored files, which need their links', async () => {
    const api = await connectApi(stack.apiUrl, stack.apiKey);
    const { mediaUrl } = await api.ended(await api.startImport({ url: `${stack.apiUrl}/sample.wav` }));
    const { pathname } = new URL(String(mediaUrl));
    expect(await statusOf(pathname)).toBe(403);
    const key = pathname.replace(/^\/media\//, '');
    expect(await statusOf(`/cdn-cgi/local/r2/public/importly-open-media/${key}`)).toBe(404);
  });

  test('operations on bindings', async () => {
    const operation = { 'MF-Op': 'GET', 'MF-Op-Target': 'x', 'MF-Op-Secret': '00'.repeat(64) };
    expect(await statusOf('/cdn-cgi/local/platform-proxy', operation)).toBe(404);
  });
});

test('an API key for other addresses is refused, also if the client claims one of them', async () => {
  const api = await connectApi(stack.apiUrl, stack.apiKey);
  const office = { name: 'office', scopes: ['imports:read'], allowedAddresses: ['203.0.113.7'] };
  const { body } = await api.send('POST', '/keys', office);
  const { key } = body['data'] as { key: string };
  const authorization = `Bearer ${key}`;
  expect(await statusOf('/import/status?id=x', { authorization })).toBe(403);
  expect(await statusOf('/import/status?id=x', { authorization, 'cf-connecting-ip': '203.0.113.7' })).toBe(
    403,
  );
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
