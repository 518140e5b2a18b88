/** Service storage with R2 S3 keys: large files go directly to the bucket, through the S3 API of Miniflare. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../scripts/lib/ports.ts';
import { connectApi, type Api } from '../support/stack/api.ts';
import { file, startHttpSource, type HttpSource } from '../support/http-source.ts';
import { d1 } from '../support/stack/local-state.ts';
import { startStack, type Stack } from '../support/stack/stack.ts';
import { makeWav } from '../support/wav.ts';
import { createTestWorkspace } from '../support/stack/workspace.ts';

const MIB = 1024 * 1024;
const BIG = makeWav(40 * MIB + 12_345);
const SMALL = makeWav(6_000);
/** Contains characters that SigV4 and URLs encode differently. */
const ODD_NAME = '/it%27s%20(an)%20%C3%B6dd!%20*one+.wav';
const BUCKET = 'importly-open-media';
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

let source: HttpSource;
const stacks: Stack[] = [];

beforeAll(async () => {
  source = await startHttpSource();
  source.serve(ODD_NAME, file(BIG));
  source.serve('/no-length.wav', file(BIG, { ranges: false, length: false }));
  source.serve('/small.wav', file(SMALL));
});
afterAll(async () => {
  for (const stack of stacks) await stack.stop();
  await source.close();
});

async function start(over: Record<string, string> = {}): Promise<{ stack: Stack; api: Api }> {
  const port = await freePort();
  const env = {
    R2_S3_ENDPOINT: `http://127.0.0.1:${port}/cdn-cgi/local/r2/s3`,
    R2_S3_BUCKET: BUCKET,
    R2_ACCESS_KEY_ID: 'r2-key-id',
    R2_SECRET_ACCESS_KEY: 'r2-secret',
    ...over,
  };
  const stack = await startStack({ port, env });
  stacks.push(stack);
  return { stack, api: await connectApi(stack.apiUrl, stack.apiKey) };
}

async function importFile({ stack, api }: { stack: Stack; api: Api }, path: string, bytes: Buffer) {
  const data = await api.ended(await api.startImport({ url: source.url(path) }), 60_000);
  expect(data).toMatchObject({
    status: 'completed',
    fileSizeBytes: bytes.length,
    storage: { status: 'service' },
  });
  const stored = await fetch(String(data['mediaUrl']));
  expect(sha256(Buffer.from(await stored.arrayBuffer()))).toBe(sha256(bytes));
  const sql =
    'SELECT kind, digest, status, error_code FROM placements WHERE job_id = ? ORDER BY created_at, id';
  return d1(stack.stateDirectory, sql, data.jobId);
}

test('large files go directly to the bucket, small files through the Worker', async () => {
  const direct = await start();
  const stored = { status: 'stored', error_code: null };
  const large = [{ kind: 'multipart', digest: 'sha256', ...stored }];
  expect(await importFile(direct, ODD_NAME, BIG)).toEqual(large);
  expect(await importFile(direct, '/no-length.wav', BIG)).toEqual(large);
  expect(await importFile(direct, '/small.wav', SMALL)).toEqual([
    { kind: 'single', digest: 'crc32', ...stored },
  ]);
});

test('a file that the S3 API refuses passes through the Worker', async () => {
  const wrong = await start({ R2_S3_BUCKET: 'another-bucket' });
  expect(await importFile(wrong, '/no-length.wav', BIG)).toEqual([
    { kind: 'multipart', digest: 'sha256', status: 'aborted', error_code: 'storage_bucket_not_found' },
    { kind: 'multipart', digest: 'crc32-trailer', status: 'stored', error_code: null },
  ]);
  expect(wrong.stack.output()).toMatch(/"storage\.refused".*"provider":"service","via":"direct"/);
  expect(wrong.stack.output()).not.toContain('r2-secret');
});

test('without the keys, the S3 API does not expose the bucket', async () => {
  const { apiUrl } = await createTestWorkspace();
  const answer = await fetch(`${apiUrl}/cdn-cgi/local/r2/s3/${BUCKET}/any-key`);
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(await answer.text()).not.toContain('NoSuchKey');
});
