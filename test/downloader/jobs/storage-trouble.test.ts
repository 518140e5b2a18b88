import { afterEach, describe, expect, test } from 'vitest';
import { CODES } from '../../../worker/contract/codes.ts';
import { file, type FileOptions } from '../../support/http-source.ts';
import { closeAll, failureOf, LARGE, run, SMALL } from './one-job.ts';
import type { PartOnItsWay, StandInOptions } from '../stand-in-options.ts';

afterEach(closeAll);

const completed = { completed: { warnings: [] } };
const refuse =
  (status: number, code: string, message = 'secret detail') =>
  ({ request, response }: PartOnItsWay): true => {
    request.resume();
    response.writeHead(status, { 'content-type': 'application/xml' });
    response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`);
    return true;
  };
const toBucket = { plans: [{ storage: 'destination' as const }] };
const bucketThenService = { plans: [{ storage: 'destination' as const }, { storage: 'service' as const }] };

describe('a part', () => {
  test.each<[string, (part: PartOnItsWay) => true]>([
    ['503 SlowDown', refuse(503, 'SlowDown')],
    ['500', refuse(500, 'InternalError')],
    ['429', refuse(429, 'TooManyRequests')],
    ['400 RequestTimeout', refuse(400, 'RequestTimeout')],
    ['400 BadDigest', refuse(400, 'BadDigest')],
    ['403 of an expired signature', refuse(403, 'AccessDenied', 'Request has expired')],
    ['a broken connection', ({ request }) => (request.socket.destroy(), true)],
    ['an answer that is not HTTP', ({ request }) => (request.socket.end('garbage\r\n\r\n'), true)],
  ])('answered by %s is signed and sent again', async (_, fail) => {
    const onPart = (part: PartOnItsWay) => part.number === 2 && part.round <= 2 && fail(part);
    const { worker, report } = await run({ handler: file(LARGE), worker: { onPart, ...toBucket } });
    expect(report).toEqual(completed);
    expect(worker.stored()?.equals(LARGE)).toBe(true);
    expect(worker.signed.filter(({ number }) => number === 2)).toHaveLength(3);
  });

  test.each(['InvalidAccessKeyId', 'RequestTimeTooSkewed', 'ExpiredToken'])(
    'whose signature is refused once by %s is signed again',
    async (name) => {
      const onPart = (part: PartOnItsWay) => part.number === 1 && part.round === 1 && refuse(403, name)(part);
      const { report, worker } = await run({ handler: file(LARGE), worker: { onPart, ...toBucket } });
      expect(report).toEqual(completed);
      expect(worker.aborts).toEqual([]);
    },
  );

  test('of a storage that answers early and closes is sent again', async () => {
    const onPart = ({ round, response, request }: PartOnItsWay) => {
      if (round > 1) return false;
      response.writeHead(503, { connection: 'close' }).end();
      response.on('finish', () => request.destroy());
      return true;
    };
    const { report } = await run({ handler: file(LARGE), worker: { onPart } });
    expect(report).toEqual(completed);
  });

  test('that a slow storage holds longer than the stall limit does not count as a stall of the source', async () => {
    const onPart = async ({ number }: PartOnItsWay) => {
      if (number === 1) await new Promise((resolve) => setTimeout(resolve, 3000));
      return false;
    };
    const limits = { stallSeconds: 1, minBytesPerSecond: 2 ** 30, minRateSeconds: 1 };
    const { report } = await run({ worker: { onPart }, limits });
    expect(report).toEqual(completed);
  });

  test('stored without an ETag counts as refused', async () => {
    const onPart = ({ request, response }: PartOnItsWay) => {
      request.resume();
      response.writeHead(200).end();
      return true;
    };
    expect(await failureOf({ worker: { onPart, plans: [{}] } })).toMatchObject({ code: 'storage_rejected' });
  });
});

describe('a bucket that refuses for good', () => {
  test.each<[number, string, string]>([
    [403, 'AccessDenied', 'storage_access_denied'],
    [403, 'InvalidAccessKeyId', 'storage_credentials_invalid'],
    [403, 'SignatureDoesNotMatch', 'storage_credentials_invalid'],
    [404, 'NoSuchBucket', 'storage_bucket_not_found'],
    [301, 'PermanentRedirect', 'storage_region_mismatch'],
    [404, 'NoSuchUpload', 'storage_upload_lost'],
    [409, 'ConditionalRequestConflict', 'storage_upload_lost'],
    [400, 'InvalidPart', 'storage_upload_lost'],
    [400, 'InvalidStorageClass', 'storage_class_unsupported'],
    [412, 'PreconditionFailed', 'storage_object_exists'],
    [403, 'RequestTimeTooSkewed', 'storage_clock_skewed'],
    [403, 'nothing known', 'storage_access_denied'],
  ])('by %i %s is reported as %s, and a small file goes to the next plan', async (status, name, code) => {
    const onPart = (part: PartOnItsWay) => part.placementId === 'placement-0' && refuse(status, name)(part);
    const { worker, report, source } = await run({ worker: { onPart, ...bucketThenService } });
    expect(report).toEqual(completed);
    expect(worker.aborts).toEqual([{ failure: expect.objectContaining({ code }) }]);
    expect(JSON.stringify(worker.aborts)).not.toContain('secret');
    // A signature that was refused itself is made anew once: keys may have been replaced since.
    const isOfSignature = ['storage_credentials_invalid', 'storage_clock_skewed'].includes(code);
    expect(worker.signed).toHaveLength(isOfSignature ? 3 : 2);
    expect(worker.stored()?.equals(SMALL)).toBe(true);
    expect(source.requests).toHaveLength(1);
  });

  test.each(['stale', 'cancel_requested', 'downloader_draining'])(
    'with an error of ours, %s, decides nothing about the job',
    async (code) => {
      const onPart = ({ placementId, request, response }: PartOnItsWay) => {
        if (placementId !== 'placement-0') return false;
        request.resume();
        response.writeHead(409).end(JSON.stringify({ success: false, error: 'Said so.', code }));
        return true;
      };
      const { worker, report } = await run({ worker: { onPart, ...bucketThenService } });
      expect(report).toEqual(completed);
      expect(worker.aborts).toEqual([{ failure: { code: 'storage_rejected', detail: 'HTTP 409' } }]);
    },
  );

  test.each<[string, FileOptions]>([
    ['by ranges', {}],
    ['from the start when it has no ranges', { ranges: false }],
    ['from the start when it has no length either', { ranges: false, length: false }],
  ])('in the middle of a large file causes a second read %s', async (_, options) => {
    const onPart = (part: PartOnItsWay) =>
      part.placementId === 'placement-0' && part.number === 3 && refuse(403, 'AccessDenied')(part);
    const { worker, report } = await run({
      handler: file(LARGE, options),
      worker: {
        onPart,
        plans: [{ storage: 'destination', digest: 'sha256' }, { partSizeBytes: 16 * 1024 * 1024 }],
      },
    });
    expect(report).toEqual(completed);
    expect(worker.stored()?.equals(LARGE)).toBe(true);
  });

  test('fails the job when there is no other plan', async () => {
    const onPart = refuse(403, 'AccessDenied');
    const failure = await failureOf({ worker: { onPart, plans: [{ storage: 'destination' }] } });
    expect(failure).toEqual({ code: 'storage_access_denied', detail: 'HTTP 403 AccessDenied' });
  });

  test.each([
    ['no more than the code does', CODES.storage_object_exists.message, undefined],
    ['what the storage answered', 'HTTP 412, PreconditionFailed', 'HTTP 412, PreconditionFailed'],
  ])('fails the job with the message of the Worker: %s', async (_, error, detail) => {
    const code = 'storage_object_exists';
    const onCall: StandInOptions['onCall'] = (kind, _request, response) => {
      if (kind !== 'artifacts') return false;
      response.writeHead(409).end(JSON.stringify({ success: false, error, code }));
      return true;
    };
    expect(await failureOf({ worker: { onCall } })).toEqual({ code, ...(detail && { detail }) });
  });

  test('fails the job when all retries failed', async () => {
    const onPart = refuse(503, 'SlowDown');
    expect(await failureOf({ worker: { onPart } })).toMatchObject({ code: 'storage_unavailable' });
  });

  test('on a forbidden address is skipped for the next plan, and nothing is sent to it', async () => {
    const { worker, report } = await run({ allow: 'source:127.0.0.1', worker: bucketThenService });
    expect(report).toEqual(completed);
    expect(worker.aborts).toEqual([
      { failure: expect.objectContaining({ code: 'storage_address_forbidden' }) },
    ]);
  });
});

describe('completing', () => {
  test('is asked about until the storage is done, in one upload', async () => {
    const onComplete: StandInOptions['onComplete'] = (round) => (round < 3 ? 'completing' : 'stored');
    const { worker, report } = await run({ worker: { onComplete } });
    expect(report).toEqual(completed);
    expect(worker.completions).toHaveLength(3);
    expect(worker.artifacts).toHaveLength(1);
    expect(worker.aborts).toEqual([]);
  });

  test('is asked about again when the connection is cut while the storage is at work', async () => {
    let cuts = 0;
    const onCall: StandInOptions['onCall'] = (kind, _request, response) => {
      if (kind !== 'complete' || cuts === 2) return false;
      cuts += 1;
      response.writeHead(202, { 'content-type': 'application/json' }).write(' ');
      setImmediate(() => response.destroy());
      return true;
    };
    const { worker, report } = await run({ worker: { onCall } });
    expect(report).toEqual(completed);
    expect(worker.calls.filter((kind) => kind === 'complete')).toHaveLength(3);
  });

  test('with "next" uploads the same bytes again by the new plan', async () => {
    const worker: StandInOptions = {
      plans: [{}, {}],
      onComplete: (round) => (round === 1 ? 'next' : 'stored'),
    };
    const { worker: standIn, report } = await run({ handler: file(LARGE), worker });
    expect(report).toEqual(completed);
    expect(standIn.completions).toHaveLength(2);
    expect(standIn.stored()?.equals(LARGE)).toBe(true);
  });

  test('is not repeated without end', async () => {
    const worker: StandInOptions = { plans: Array.from({ length: 9 }, () => ({})), onComplete: () => 'next' };
    expect(await failureOf({ worker })).toMatchObject({ code: 'storage_upload_lost' });
  });

  test('is asked again when the answer was lost', async () => {
    let lost = 0;
    const onCall: StandInOptions['onCall'] = (kind, request) => {
      if (kind !== 'complete' || lost === 2) return false;
      lost += 1;
      request.socket.destroy();
      return true;
    };
    const { report } = await run({ worker: { onCall } });
    expect(report).toEqual(completed);
  });

  test('that the Worker refuses for the storage asks for the next plan', async () => {
    const onCall: StandInOptions['onCall'] = (kind, _request, response) => {
      if (kind !== 'complete') return false;
      response
        .writeHead(502)
        .end(JSON.stringify({ success: false, error: 'Lost.', code: 'storage_upload_lost' }));
      return true;
    };
    expect(await failureOf({ worker: { onCall } })).toMatchObject({ code: 'storage_upload_lost' });
  });
});
