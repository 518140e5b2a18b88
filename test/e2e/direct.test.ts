/** Imports direct files into service storage and compares the stored bytes with the source. */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ImportData } from '../support/stack/api.ts';
import { file, redirect, startHttpSource, type HttpSource } from '../support/http-source.ts';
import { d1 } from '../support/stack/local-state.ts';
import { makeWav } from '../support/wav.ts';
import { createTestWorkspace, type TestWorkspace } from '../support/stack/workspace.ts';

const MIB = 1024 * 1024;
const SMALL = makeWav(6_000);
const BIG = makeWav(64 * MIB);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** CRC-32 in the form of S3: the big-endian value in base64. */
function crc32Of(bytes: Uint8Array): string {
  const value = Buffer.alloc(4);
  value.writeUInt32BE(crc32(bytes));
  return value.toString('base64');
}

let workspace: TestWorkspace;
let source: HttpSource;

beforeAll(async () => {
  source = await startHttpSource();
  source.serve('/small.wav', file(SMALL));
  source.serve('/big.wav', file(BIG));
  source.serve('/no-length.wav', file(BIG, { ranges: false, length: false }));
  source.serve('/no-ranges.wav', file(BIG, { ranges: false }));
  source.serve('/named', file(SMALL, { contentType: 'application/octet-stream' }));
  source.serve('/moved', redirect('/small.wav'));
  workspace = await createTestWorkspace();
});
afterAll(() => source.close());

const importPath = async (path: string): Promise<ImportData> =>
  workspace.api.ended(await workspace.api.startImport({ url: source.url(path) }), 60_000);

async function mediaOf(data: ImportData, init?: RequestInit): Promise<{ answer: Response; bytes: Buffer }> {
  const answer = await fetch(String(data['mediaUrl']), init);
  return { answer, bytes: Buffer.from(await answer.arrayBuffer()) };
}

describe('the stored bytes equal the source:', () => {
  const WHOLE = 'The URL answered with a wav file.';
  const IN_RANGES = 'The URL answered with a wav file, read by ranges.';
  const IN_ORDER = 'The URL answered with a wav file, read in one stream.';
  const CASES: [name: string, path: string, bytes: Buffer, title: string, reason: string][] = [
    ['a few KiB', '/small.wav', SMALL, 'small', WHOLE],
    ['64 MiB with ranges', '/big.wav', BIG, 'big', IN_RANGES],
    ['64 MiB without a length', '/no-length.wav', BIG, 'no-length', IN_ORDER],
    ['64 MiB without ranges', '/no-ranges.wav', BIG, 'no-ranges', IN_ORDER],
    ['a file without extension and content type', '/named', SMALL, 'named', WHOLE],
    ['a file behind a redirect', '/moved', SMALL, 'small', WHOLE],
  ];
  test.for(CASES)('%s', async ([, path, bytes, title, reason]) => {
    const data = await importPath(path);
    expect(data).toMatchObject({
      status: 'completed',
      title,
      fileSizeBytes: bytes.length,
      storage: { status: 'service' },
      source: { way: 'direct', reason },
      media: { contentType: expect.stringMatching(/^audio\/(wav|vnd\.wave|x-wav)$/) as string },
    });
    const { answer, bytes: stored } = await mediaOf(data);
    expect(answer.status).toBe(200);
    expect(sha256(stored)).toBe(sha256(bytes));
    // A SHA-256 needs the bytes in order, which reading by ranges does not provide.
    const inOrder = reason === IN_RANGES ? {} : { sha256: sha256(bytes) };
    expect(data['checksum']).toEqual({ crc32: crc32Of(bytes), ...inOrder });
    expect(d1(workspace.stateDirectory, 'SELECT bytes FROM ledger WHERE job_id = ?', data.jobId)).toEqual([
      { bytes: bytes.length },
    ]);
  });

  test('the source receives no HEAD request', () => {
    expect(source.requests.filter((line) => !line.startsWith('GET '))).toEqual([]);
  });
});

test('a small file completes within two seconds of its request', async () => {
  const startedAt = performance.now();
  expect((await importPath('/small.wav')).status).toBe('completed');
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});

test('many imports at once all complete, each with its own file', async () => {
  const { api } = workspace;
  const ids = await Promise.all(
    Array.from({ length: 12 }, () => api.startImport({ url: source.url('/small.wav') })),
  );
  const ended = await Promise.all(ids.map((id) => api.ended(id)));
  expect(ended.map(({ status }) => status)).toEqual(ids.map(() => 'completed'));
  expect(new Set(ended.map((data) => new URL(String(data['mediaUrl'])).pathname)).size).toBe(ids.length);
});

describe('the media link', () => {
  let data: ImportData;
  beforeAll(async () => {
    data = await importPath('/big.wav');
  });
  const range = (value: string) => mediaOf(data, { headers: { Range: value } });

  test.for([
    ['bytes=0-99', 0, 100],
    ['bytes=1000-', 1000, BIG.length],
    ['bytes=-5', BIG.length - 5, BIG.length],
    [`bytes=${20 * MIB}-${40 * MIB - 1}`, 20 * MIB, 40 * MIB],
    [`bytes=10-${2 * BIG.length}`, 10, BIG.length],
  ] as const)('serves %s', async ([header, start, end]) => {
    const { answer, bytes } = await range(header);
    expect(answer.status).toBe(206);
    expect(answer.headers.get('Content-Range')).toBe(`bytes ${start}-${end - 1}/${BIG.length}`);
    expect(sha256(bytes)).toBe(sha256(BIG.subarray(start, end)));
  });

  test.for([`bytes=${BIG.length}-`, `bytes=${BIG.length + 5}-${BIG.length + 9}`, 'bytes=-0'])(
    'answers 416 to %s',
    async (header) => {
      const { answer } = await range(header);
      expect(answer.status).toBe(416);
      expect(answer.headers.get('Content-Range')).toBe(`bytes */${BIG.length}`);
    },
  );

  test('has headers that keep browsers from running the file as a page', async () => {
    const { answer } = await mediaOf(data, { method: 'HEAD' });
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'accept-ranges': 'bytes',
      'content-length': `${BIG.length}`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining('sandbox') as string,
    });
  });

  test('answers 403 if its signature, expiry or key is changed', async () => {
    const url = new URL(String(data['mediaUrl']));
    for (const [name, value] of url.searchParams) {
      const changed = new URL(url);
      changed.searchParams.set(name, `${Number(value) ? Number(value) + 1 : `A${value.slice(1)}B`}`);
      expect([name, (await fetch(changed)).status]).toEqual([name, 403]);
    }
    const other = new URL(url);
    other.pathname = other.pathname.replace(/.wav$/, 'x.wav');
    expect((await fetch(other)).status).toBe(403);
  });
});

test('a source is described without being downloaded, at the price of a description', async () => {
  const { api } = workspace;
  const common = { status: 'completed', title: 'big', costInMicrodollars: 10_000, source: { way: 'direct' } };
  const expectDescribed = async (path: string, data: object) => {
    const { body } = await api.send('POST', path, { url: source.url('/big.wav') });
    const { jobId } = body['data'] as ImportData;
    const read = async () => (await api.send('GET', `${path}/status?id=${jobId}`)).body['data'];
    await expect.poll(read, { timeout: 30_000, interval: 100 }).toMatchObject({ ...common, ...data });
  };
  await expectDescribed('/metadata/basic', { duration: 349.525, thumbnail: null });
  await expectDescribed('/metadata', {
    formats: [{ formatId: 'source', fileSizeBytes: BIG.length, audioCodec: 'pcm-s16' }],
    estimate: { importable: true, fileSizeBytes: BIG.length, isSizeExact: true },
  });
});
