/** Imports into a customer's bucket on a real S3 server, with only the permissions of the policy in the guide. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Api, ImportData } from '../support/stack/api.ts';
import { file, startHttpSource, type HttpSource } from '../support/http-source.ts';
import { findVersitygw } from '../support/s3-servers/install-versitygw.ts';
import { d1 } from '../support/stack/local-state.ts';
import { startVersitygw, type TestS3Server } from '../support/s3-servers/versitygw.ts';
import { makeWav } from '../support/wav.ts';
import { createTestWorkspace, type TestWorkspace } from '../support/stack/workspace.ts';

interface Report {
  ok: boolean;
  checks: { name: string; status: string }[];
}

const SMALL = makeWav(6_000);
const BIG = makeWav(64 * 1024 * 1024);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const binary = await findVersitygw();

describe.skipIf(binary === null)('a bucket on versitygw', () => {
  let workspace: TestWorkspace;
  let api: Api;
  let source: HttpSource;
  let server: TestS3Server;

  beforeAll(async () => {
    source = await startHttpSource();
    source.serve('/Rick Astley - Never Gonna Give You Up.wav'.replaceAll(' ', '%20'), file(SMALL));
    source.serve('/big.wav', file(BIG));
    source.serve('/no-length.wav', file(BIG, { ranges: false, length: false }));
    const started = await startVersitygw();
    if (started === null) throw new Error('versitygw was found but did not start');
    server = started;
    workspace = await createTestWorkspace();
    ({ api } = workspace);
  });
  afterAll(async () => {
    await server.stop();
    await source.close();
  });

  const settings = (over: object = {}) => {
    const { endpoint, region, bucket, putOnly } = server;
    return api.send('PUT', '/storage', { endpoint, region, bucket, ...putOnly, ...over });
  };
  const importPath = async (path: string, request: object): Promise<ImportData> =>
    api.ended(await api.startImport({ url: source.url(path), store: true, ...request }), 60_000);
  const storedObject = (key: string) => readFile(join(server.dataDirectory, server.bucket, key));

  test('without settings, the service keeps the file and shows the reason', async () => {
    const data = await importPath('/big.wav', {});
    expect(data).toMatchObject({
      status: 'completed',
      storage: { status: 'service', reason: 'storage_not_configured' },
    });
  });

  const CASES: [name: string, path: string, bytes: Buffer, request: object, key: string][] = [
    [
      'a few KiB under its title',
      '/Rick%20Astley%20-%20Never%20Gonna%20Give%20You%20Up.wav',
      SMALL,
      {},
      'Rick Astley - Never Gonna Give You Up.wav',
    ],
    [
      'a folder and a name',
      '/big.wav',
      BIG,
      { storagePath: 'videos/2024', storageFilename: 'my-video' },
      'videos/2024/my-video.wav',
    ],
    ['64 MiB without a length', '/no-length.wav', BIG, { storagePath: 'streams' }, 'streams/no-length.wav'],
  ];
  test.for(CASES)('%s', async ([, path, bytes, request, key]) => {
    expect((await settings()).status).toBe(200);
    const data = await importPath(path, request);
    const { bucket } = server;
    expect(data).toMatchObject({
      status: 'completed',
      storage: { status: 'stored', bucket, key },
      s3Storage: { bucket, key },
    });
    expect(sha256(await storedObject(key))).toBe(sha256(bytes));
    expect((data['s3Storage'] as { url: string }).url).toBe(data['mediaUrl']);
  });

  test('a connection test uses the downloader, and an import shows what visitors can read', async () => {
    const { body } = await settings();
    const { test: report } = (body as { data: { test: Report } }).data;
    expect(report).toMatchObject({ ok: true, publiclyReadable: false, cors: false });
    const statuses = Object.fromEntries(report.checks.map(({ name, status }) => [name, status]));
    expect(statuses).toMatchObject({
      address: 'pass',
      dns: 'pass',
      write: 'pass',
      multipart: 'pass',
      abort: 'warn',
    });
    const again = await api.send('POST', '/storage/test');
    expect(again).toMatchObject({ status: 200, body: { data: { ok: true } } });
    const data = await importPath('/big.wav', { storageFilename: 'visited' });
    expect(data).toMatchObject({ storage: { status: 'stored', publiclyReadable: false, cors: false } });
    // The parts were sent while they arrived: the server verifies trailers.
    const saved = await api.send('GET', '/storage');
    expect(saved.body).toMatchObject({ data: { learned: { checksTrailers: true } } });
    expect(sha256(await storedObject('visited.wav'))).toBe(sha256(BIG));
  });

  test('with several destinations, the source is read once, and the import completes with the file in each that takes it', async () => {
    const { endpoint, region, bucket, putOnly, accessKeyId, secretAccessKey } = server;
    const common = { endpoint, region, bucket };
    const save = (name: string, values: object) =>
      api.send('PUT', `/storage/destinations/${name}`, { ...common, defaultPathPrefix: name, ...values });
    // Its test reads an object back, so one that fails gets a copy of the file there.
    await save('readable', { accessKeyId, secretAccessKey, fallback: 'none' });
    await save('write-only', putOnly);
    await save('broken', { ...putOnly, secretAccessKey: 'wrong/secret', fallback: 'none' });
    source.serve('/many.wav', file(BIG, { ranges: false }));
    const names = ['readable', 'write-only', 'broken'];
    const data = await importPath('/many.wav', { storageDestinations: names });
    expect(data).toMatchObject({ status: 'completed', s3Storage: { key: 'readable/many.wav' } });
    const statuses = ({ storage }: ImportData) =>
      (storage as { destinations: { status: string }[] }).destinations.map(({ status }) => status);
    expect(statuses(data).slice(0, 2)).toEqual(['stored', 'stored']);
    await api.until(data.jobId, (now) => statuses(now).join() === 'stored,stored,failed', 60_000);
    for (const name of ['readable', 'write-only'])
      expect(sha256(await storedObject(`${name}/many.wav`))).toBe(sha256(BIG));
    expect(source.requests.filter((request) => request.includes('/many.wav'))).toEqual(['GET /many.wav']);
  });

  test('storageReturnLocation: false omits the location', async () => {
    await settings();
    const data = await importPath('/big.wav', { storageReturnLocation: false });
    expect(data.status).toBe('completed');
    expect(data).not.toHaveProperty('s3Storage');
  });

  test('with a wrong secret, the file goes to service storage with the reason', async () => {
    await settings({ secretAccessKey: 'wrong/secret' });
    const data = await importPath('/big.wav', { storageFilename: 'fallback' });
    expect(data).toMatchObject({
      status: 'completed',
      storage: {
        status: 'fallback',
        error: { code: 'storage_credentials_invalid', hint: expect.any(String) as string },
      },
    });
    const media = await fetch(String(data['mediaUrl']));
    expect(sha256(new Uint8Array(await media.arrayBuffer()))).toBe(sha256(BIG));
    expect(workspace.storedKeys().some((key) => key.includes(data.jobId))).toBe(true);
    await expect(storedObject('fallback.wav')).rejects.toThrow('ENOENT');
  });

  test('a stream that the bucket refuses is read again for service storage', async () => {
    await settings({ bucket: 'no-such-bucket' });
    const data = await importPath('/no-length.wav', {});
    expect(data).toMatchObject({ status: 'completed', storage: { status: 'fallback' } });
    const media = await fetch(String(data['mediaUrl']));
    expect(sha256(new Uint8Array(await media.arrayBuffer()))).toBe(sha256(BIG));
  });

  test('the secret is not in the database, in answers or in the output', async () => {
    await settings();
    const { secretAccessKey } = server.putOnly;
    const sql = 'SELECT * FROM destinations WHERE workspace_id = ?';
    const [row] = d1(workspace.stateDirectory, sql, workspace.id);
    expect(row).toBeDefined();
    const { body } = await api.send('GET', '/storage');
    for (const text of [JSON.stringify(row), JSON.stringify(body), await workspace.output()]) {
      expect(text).not.toContain(secretAccessKey);
    }
  });
});
