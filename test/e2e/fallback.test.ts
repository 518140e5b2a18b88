/** The bucket is unreachable while imports run: no file is lost, and the service stores all of them later. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Api, ImportData } from '../support/stack/api.ts';
import { file, gateAfter, startHttpSource, type HttpSource } from '../support/http-source.ts';
import { findVersitygw } from '../support/s3-servers/install-versitygw.ts';
import { d1 } from '../support/stack/local-state.ts';
import { startOutageProxy, type Outage } from '../support/outage.ts';
import { startVersitygw, type TestS3Server } from '../support/s3-servers/versitygw.ts';
import { makeWav } from '../support/wav.ts';
import { createTestWorkspace, type TestWorkspace } from '../support/stack/workspace.ts';

const MIB = 1024 * 1024;
const COUNT = 30;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const binary = await findVersitygw();

/** Every tenth file is larger than one PUT, and every tenth source has neither length nor ranges. */
const FILES = Array.from({ length: COUNT }, (_, index) => ({
  path: `/clip-${index}.wav`,
  key: `outage/clip-${index}.wav`,
  bytes: makeWav(index % 10 === 3 ? 12 * MIB + index : 50_000 + index * 2),
  options: index % 10 === 7 ? { ranges: false, length: false } : {},
}));

describe.skipIf(binary === null)('an unreachable bucket on versitygw', () => {
  let server: TestS3Server;
  let outage: Outage;
  let workspace: TestWorkspace;
  let api: Api;
  let source: HttpSource;

  beforeAll(async () => {
    const started = await startVersitygw();
    if (started === null) throw new Error('versitygw was found but did not start');
    server = started;
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    source = await startHttpSource();
    outage = await startOutageProxy(server.endpoint);
    workspace = await createTestWorkspace({ maxConcurrent: 8 });
    ({ api } = workspace);
    const { region, bucket, putOnly } = server;
    const settings = { endpoint: outage.url, region, bucket, ...putOnly };
    expect((await api.send('PUT', '/storage', settings)).status).toBe(200);
  });
  afterEach(async () => {
    await outage.close();
    await source.close();
  });

  /** Makes everything that waits in this workspace due, which saves the wait. */
  const makeAllDue = () => {
    const { stateDirectory, id } = workspace;
    d1(stateDirectory, `UPDATE transfers SET next_at = 1 WHERE status = 'waiting' AND workspace_id = ?`, id);
    d1(stateDirectory, `UPDATE jobs SET run_after = 1 WHERE status = 'queued' AND workspace_id = ?`, id);
  };
  const storedObject = (key: string) => readFile(join(server.dataDirectory, server.bucket, key));
  /** The result of this expression over the rows of the workspace in `table` that meet `condition`. */
  const countOf = (table: string, condition: string, expression = 'count(*)') => {
    const sql = `SELECT ${expression} AS count FROM ${table} WHERE workspace_id = ? AND ${condition}`;
    return Number(d1(workspace.stateDirectory, sql, workspace.id)[0]?.['count']);
  };
  const storageOf = (data: ImportData) => (data['storage'] as { status: string }).status;

  // Sixty jobs; the upload of half of them is tried four times.
  const MANY_MS = 300_000;
  test(
    'gets the files of all 30 imports when it is reachable again, and each source is read once',
    { timeout: MANY_MS },
    async () => {
      for (const { path, bytes, options } of FILES) source.serve(path, file(bytes, options));
      await outage.begin();
      const jobIds = await Promise.all(
        FILES.map(({ path }) =>
          api.startImport({ url: source.url(path), store: true, storagePath: 'outage' }),
        ),
      );
      for (const jobId of jobIds) {
        expect(await api.ended(jobId, 110_000)).toMatchObject({
          status: 'completed',
          storage: {
            status: 'fallback',
            error: { code: 'storage_unreachable', hint: expect.any(String) as string, retryable: true },
          },
        });
      }
      const reads = [...source.requests];
      expect(reads).toHaveLength(COUNT);
      expect(new Set(reads).size).toBe(COUNT);

      await outage.end();
      makeAllDue();
      await workspace.sweep();
      const { bucket } = server;
      for (const [index, { key, bytes }] of FILES.entries()) {
        const jobId = jobIds[index] ?? '';
        const healed = await api.until(jobId, (data) => storageOf(data) === 'stored', 110_000);
        expect(healed).toMatchObject({
          s3Storage: { bucket, key },
          storage: { status: 'stored', bucket, key },
          fileSizeBytes: bytes.length,
        });
        expect(sha256(await storedObject(key))).toBe(sha256(bytes));
      }
      expect(source.requests).toEqual(reads);
      expect(countOf('events', `type = 'import.stored'`)).toBe(COUNT);
      expect(countOf('events', `type = 'import.stored'`, 'count(DISTINCT job_id)')).toBe(COUNT);
      expect(countOf('ledger', 'microdollars > 0')).toBe(COUNT);
      expect(countOf('jobs', `kind = 'store'`)).toBe(COUNT);
      expect(countOf('jobs', `status IN ('queued', 'processing')`)).toBe(0);
      // The copies stay until the links to them expire.
      expect(workspace.storedKeys()).toHaveLength(COUNT);
    },
  );

  test('in the middle of an upload does not fail the attempt', async () => {
    const bytes = makeWav(40 * MIB);
    const gate = gateAfter(24 * MIB);
    source.serve('/big.wav', file(bytes, { gate: gate.gate }));
    const jobId = await api.startImport({ url: source.url('/big.wav'), store: true });
    await api.until(jobId, (data) => Number(data['bytesDone']) >= 20 * MIB, 60_000);
    await outage.begin();
    gate.open();
    const data = await api.ended(jobId, 110_000);
    expect(data).toMatchObject({ status: 'completed', attempt: 1, storage: { status: 'fallback' } });
    const media = await fetch(String(data['mediaUrl']));
    expect(sha256(new Uint8Array(await media.arrayBuffer()))).toBe(sha256(bytes));
    await outage.end();
    makeAllDue();
    await workspace.sweep();
    await api.until(jobId, (one) => storageOf(one) === 'stored', 60_000);
    expect(sha256(await storedObject('big.wav'))).toBe(sha256(bytes));
  });

  test('fails the import if no fallback is allowed, and service storage keeps nothing', async () => {
    const { region, bucket, putOnly } = server;
    const settings = { endpoint: server.endpoint, region, bucket, ...putOnly, fallback: 'none' };
    await api.send('PUT', '/storage', { ...settings, secretAccessKey: 'wrong/secret' });
    source.serve('/small.wav', file(makeWav(50_000)));
    const jobId = await api.startImport({ url: source.url('/small.wav'), store: true });
    expect(await api.ended(jobId)).toMatchObject({
      status: 'failed',
      costInMicrodollars: 0,
      error: { code: 'storage_credentials_invalid', retryable: false },
    });
    expect(workspace.storedKeys()).toEqual([]);
  });

  test('does not affect imports that are stored later, one by one or by a migration', async () => {
    for (const { path, bytes } of FILES.slice(0, 5)) source.serve(path, file(bytes));
    const jobIds = await Promise.all(
      FILES.slice(0, 5).map(({ path }) => api.startImport({ url: source.url(path) })),
    );
    await Promise.all(jobIds.map((jobId) => api.ended(jobId)));
    await source.close();
    const [first = ''] = jobIds;
    const { body } = await api.send('POST', `/imports/${first}/store`, { storagePath: 'asked' });
    const store = await api.ended((body['data'] as { jobId: string }).jobId);
    expect(store).toMatchObject({ status: 'completed', storeOf: first, costInMicrodollars: 0 });
    expect(await api.status(first)).toMatchObject({ storage: { status: 'stored', key: 'asked/clip-0.wav' } });
    expect(sha256(await storedObject('asked/clip-0.wav'))).toBe(sha256(FILES[0]?.bytes ?? Buffer.alloc(0)));

    expect((await api.send('POST', '/storage/migrate')).body['data']).toMatchObject({ total: 4 });
    const rest = jobIds.slice(1);
    await Promise.all(rest.map((jobId) => api.until(jobId, (data) => storageOf(data) === 'stored', 60_000)));
    expect((await api.send('GET', '/storage/migrate')).body['data']).toEqual({
      total: 4,
      done: 4,
      failed: 0,
      remaining: 0,
    });
    expect(sha256(await storedObject('clip-3.wav'))).toBe(sha256(FILES[3]?.bytes ?? Buffer.alloc(0)));
  });
});
