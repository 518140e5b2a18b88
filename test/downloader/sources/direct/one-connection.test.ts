import { afterEach, describe, expect, test } from 'vitest';
import { cutFile, file, gateAfter, type Handler } from '../../../support/http-source.ts';
import { closeAll, LARGE, MIB, run } from '../../jobs/one-job.ts';

afterEach(closeAll);

const completed = { completed: { warnings: [] } };

/** Serves one answer at a time, the first one only in part, as long as it is open; `refuse` answers the others. */
function oneAtATime(refuse: Handler): Handler {
  const first = file(LARGE, { gate: gateAfter(12 * MIB).gate });
  let answers = 0;
  let open = 0;
  return (request, response) => {
    if (open > 0) return refuse(request, response);
    open += 1;
    answers += 1;
    response.once('close', () => (open -= 1));
    return (answers === 1 ? first : file(LARGE))(request, response);
  };
}

/** The first range is answered as a good server does, every other one by `other`; whole files always come. */
function onlyFirstRange(other: Handler): Handler {
  return (request, response) => {
    const isOther = request.headers.range !== undefined && request.headers.range !== 'bytes=0-';
    return (isOther ? other : file(LARGE))(request, response);
  };
}

const status =
  (code: number): Handler =>
  (_request, response) =>
    void response.writeHead(code).end();

/** Each answer has an ETag of its own, as from a farm whose nodes do not agree. */
function everyAnswerAnotherEtag(): Handler {
  let answers = 0;
  return (request, response) => {
    answers += 1;
    return file(LARGE, { etag: `"node-${answers}"` })(request, response);
  };
}

describe('a large file that cannot be read by ranges', () => {
  test.each<[string, Handler, string]>([
    ['since the second connection is answered by 429', oneAtATime(status(429)), 'HTTP 429'],
    ['since the second connection is answered by 503', oneAtATime(status(503)), 'HTTP 503'],
    [
      'since the second connection is closed',
      oneAtATime((_q, response) => void response.destroy()),
      'could not be reached',
    ],
    ['since every node has another ETag', everyAnswerAnotherEtag(), 'another version'],
    ['since ranges are answered by 200', onlyFirstRange(file(LARGE, { ranges: false })), 'whole file'],
    ['since ranges are answered by 403', onlyFirstRange(status(403)), 'HTTP 403'],
    ['since ranges are answered by 416', onlyFirstRange(status(416)), 'HTTP 416'],
  ])('%s is read by one connection in the same attempt', async (_, handler, detail) => {
    const { worker, report } = await run({ handler });
    expect(report).toEqual(completed);
    expect(worker.stored()?.equals(LARGE)).toBe(true);
    expect(worker.artifacts.map(({ source }) => source.oneConnection)).toEqual([undefined, true]);
    const reason = worker.artifacts[1]?.source.reason;
    expect(reason).toContain('read by one connection since reading by ranges failed');
    expect(reason).toContain(detail);
    expect(worker.aborts).toEqual([]);
  });

  test('and is cut short as well fails, and its report says which way it took', async () => {
    const handler: Handler = (request, response) => {
      if (request.headers.range === 'bytes=0-') return file(LARGE)(request, response);
      return (request.headers.range ? status(403) : cutFile(LARGE, 30 * MIB))(request, response);
    };
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
