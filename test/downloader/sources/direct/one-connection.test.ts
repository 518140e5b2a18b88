import { afterEach, describe, expect, test } from 'vitest';
import { repeatedSampleMp4 } from '../../../support/crafted-mp4.ts';
import { cutFile, file, type Handler } from '../../../support/http-source.ts';
import { hoursOfVideo } from '../../../support/long-mp4.ts';
import { closeAll, LARGE, MIB, run } from '../../jobs/one-job.ts';

afterEach(closeAll);

const completed = { completed: { warnings: [] } };

/** Milliseconds between two pieces of 64 KiB that make a second connection worth a try: about 10 MiB/s. */
const DRIP_MS = 6;

interface Ranges {
  handler: Handler;
  /** Range headers of all requests. */
  asked: (string | undefined)[];
}

/** The first answer, which comes slowly until another request was answered by `other`, and `other`'s. Whole files always come. */
function slowUntilAsked(other: Handler, bytes = LARGE): Ranges {
  const asked: (string | undefined)[] = [];
  let isAnswered = false;
  const gate = () =>
    isAnswered ? undefined : new Promise<void>((resolve) => void setTimeout(resolve, DRIP_MS));
  const handler: Handler = (request, response) => {
    const { range } = request.headers;
    asked.push(range);
    if (range === 'bytes=0-') return file(bytes, { gate })(request, response);
    isAnswered = true;
    return (range === undefined ? file(bytes) : other)(request, response);
  };
  return { handler, asked };
}

const status =
  (code: number): Handler =>
  (_request, response) =>
    void response.writeHead(code).end();

describe('a large file whose source refuses further connections', () => {
  test.each<[string, Handler]>([
    ['with 429', status(429)],
    ['by closing them', (_request, response) => void response.destroy()],
    ['with another ETag', file(LARGE, { etag: '"another node"' })],
    ['with the whole file', file(LARGE, { ranges: false })],
  ])('%s is read on by the first one, and not asked again', async (_, other) => {
    const { handler, asked } = slowUntilAsked(other);
    const { worker, report } = await run({ handler });
    expect(report).toEqual(completed);
    expect(worker.stored()?.equals(LARGE)).toBe(true);
    expect(worker.artifacts.map(({ source }) => source.oneConnection)).toEqual([undefined]);
    const [first, ...further] = asked;
    expect(first).toBe('bytes=0-');
    expect(further).toEqual([expect.stringMatching(/^bytes=[1-9]/), expect.stringMatching(/^bytes=[1-9]/)]);
  });
});

/** Its index is at its end, so its check reads a range. */
const INDEX_AT_END = repeatedSampleMp4(10, 67 * MIB);

/** Whole files come, also as an open range; every other range is answered by `other`. */
function withoutRanges(other: Handler, whole: Handler = file(INDEX_AT_END)): Handler {
  return (request, response) => {
    const { range } = request.headers;
    if (range === 'bytes=0-') return file(INDEX_AT_END)(request, response);
    return (range === undefined ? whole : other)(request, response);
  };
}

test('an hour of film with its index at the front is read once: its check asks for nothing', async () => {
  const { head, mediaBytes } = hoursOfVideo(1, 40 * MIB);
  const film = Buffer.concat([head, Buffer.alloc(mediaBytes)]);
  const asked: (string | undefined)[] = [];
  const { worker, report } = await run({
    handler: (request, response) => {
      asked.push(request.headers.range);
      return file(film)(request, response);
    },
    // Too few parts for a second connection.
    worker: { plans: [{ partSizeBytes: 8 * MIB }] },
  });
  expect(report).toEqual(completed);
  expect(worker.stored()?.equals(film)).toBe(true);
  expect(worker.completions[0]?.facts).toMatchObject({
    durationSeconds: expect.closeTo(3600, 0),
    videoCodec: 'avc',
  });
  expect(asked).toEqual(['bytes=0-']);
});

describe('a large file that cannot be read by ranges', () => {
  test.each<[string, Handler, string]>([
    ['since they are answered by 403', status(403), 'HTTP 403'],
    ['since every node has another ETag', file(INDEX_AT_END, { etag: '"another node"' }), 'another version'],
    ['since they are answered by 200', file(INDEX_AT_END, { ranges: false }), 'whole file'],
  ])('%s is read by one connection in the same attempt', async (_, other, detail) => {
    const { worker, report } = await run({ handler: withoutRanges(other) });
    expect(report).toEqual(completed);
    expect(worker.stored()?.equals(INDEX_AT_END)).toBe(true);
    expect(worker.artifacts.map(({ source }) => source.oneConnection)).toEqual([undefined, true]);
    const reason = worker.artifacts[1]?.source.reason;
    expect(reason).toContain('read by one connection since reading by ranges failed');
    expect(reason).toContain(detail);
    expect(worker.aborts).toEqual([]);
  });

  test('and is cut short as well fails, and its report says which way it took', async () => {
    const handler = withoutRanges(status(403), cutFile(INDEX_AT_END, 30 * MIB));
    const { report } = await run({ handler });
    expect(report).toMatchObject({
      failed: {
        failure: { code: 'source_truncated' },
        source: { way: 'direct', reason: expect.stringContaining('one connection'), oneConnection: true },
      },
    });
  });
});

describe('an attempt after one that could not read by ranges', () => {
  test('sends one GET without a range', async () => {
    const ranges: (string | undefined)[] = [];
    const { worker, report } = await run({
      oneConnection: true,
      handler: (request, response) => {
        ranges.push(request.headers.range);
        return file(LARGE)(request, response);
      },
    });
    expect(report).toEqual(completed);
    expect(worker.stored()?.equals(LARGE)).toBe(true);
    expect(ranges).toEqual([undefined]);
    expect(worker.artifacts[0]?.source).toMatchObject({ way: 'direct', oneConnection: true });
  });

  test('continues by a range where that connection breaks', async () => {
    const ranges: (string | undefined)[] = [];
    const { worker, report } = await run({
      oneConnection: true,
      handler: (request, response) => {
        ranges.push(request.headers.range);
        if (ranges.length > 1) return file(LARGE)(request, response);
        response.writeHead(200, {
          'Content-Length': LARGE.length,
          'Accept-Ranges': 'bytes',
          ETag: `"${LARGE.length}"`,
        });
        response.write(LARGE.subarray(0, 20 * MIB), () => response.destroy());
      },
    });
    expect(report).toEqual(completed);
    expect(worker.stored()?.equals(LARGE)).toBe(true);
    expect(ranges).toHaveLength(2);
    expect(ranges[1]).toMatch(/^bytes=[1-9]/);
  });
});
