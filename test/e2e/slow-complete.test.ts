/** A storage that takes longer to complete an upload than any single call waits: one Complete, one attempt, one object. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, test } from 'vitest';
import { connectApi, type Api } from '../support/stack/api.ts';
import { file, startHttpSource, type HttpSource } from '../support/http-source.ts';
import { d1 } from '../support/stack/local-state.ts';
import { startStack, type Stack } from '../support/stack/stack.ts';
import { PUT_ONLY } from '../support/strict-s3/signing/account.ts';
import { startStrictS3, type StrictS3 } from '../support/strict-s3/strict-s3.ts';
import { makeWav } from '../support/wav.ts';

/** Longer than the Worker waits before it answers 202, and than two spaces in the body of that answer take. */
const DELAY_MS = 16_000;
const FILE = makeWav(20 * 1024 * 1024);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
let source: HttpSource;
let bucket: StrictS3;
let stack: Stack;
let api: Api;

beforeAll(async () => {
  source = await startHttpSource();
  source.serve('/file.wav', file(FILE));
  bucket = await startStrictS3({ profile: 'aws', accounts: [PUT_ONLY] });
  stack = await startStack();
  api = await connectApi(stack.apiUrl, stack.apiKey);
  const { endpoint, region } = bucket;
  const { accessKeyId, secretAccessKey } = PUT_ONLY;
  await api.send('PUT', '/storage', {
    endpoint,
    region,
    bucket: bucket.bucket,
    accessKeyId,
    secretAccessKey,
  });
  // The test of the settings completes uploads, too.
  bucket.requests.splice(0);
  bucket.faults.add({ operation: 'CompleteMultipartUpload', kind: 'slow', delayMs: DELAY_MS, times: 3 });
});
afterAll(async () => {
  await stack.stop();
  await bucket.stop();
  await source.close();
});

test.concurrent.for(['overwrite', 'rename', 'fail'])(
  'under storageConflict %s',
  async (storageConflict, { expect }) => {
    const url = source.url('/file.wav');
    const request = { url, store: true, storagePath: storageConflict, storageConflict };
    const jobId = await api.startImport(request);
    const data = await api.ended(jobId, 60_000);
    const key = `${storageConflict}/file.wav`;
    expect(data).toMatchObject({ status: 'completed', storage: { status: 'stored', key } });
    expect(sha256(bucket.objects.get(key)!.body)).toBe(sha256(FILE));
    const objects = [...bucket.objects.keys()].filter((name) => name.startsWith(storageConflict));
    expect(objects).toEqual([key]);
    const completes = bucket.requests.filter(
      ({ operation, path }) => operation === 'CompleteMultipartUpload' && path.endsWith(key),
    );
    expect(completes).toHaveLength(1);
    const budget = d1(stack.stateDirectory, 'SELECT attempt, failures FROM jobs WHERE id = ?', jobId);
    expect(budget).toEqual([{ attempt: 1, failures: 0 }]);
  },
);
