/** Failures of providers, played by strict S3 stand-ins: temporary ones are retried, and an unknown result is never a success. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { boundedCtx } from '../../../../worker/storage/connection/connection-trial.ts';
import { s3Request } from '../../../../worker/storage/s3/client.ts';
import { s3Site } from '../../../../worker/storage/sites/s3-site.ts';
import type { Fault } from '../../../support/strict-s3/faults.ts';
import { sha256Of, someBytes } from '../../support/uploads.ts';
import { ADMIN, PUT_ONLY, sendParts, startStandIn, upload } from './stand-in.ts';

const KEY = 'clips/a b+ü.mp4';
const bytes = someBytes(3000);
const code = (name: string) => expect.objectContaining({ code: name });

async function start(...faults: Fault[]) {
  const standIn = await startStandIn({ profile: 'aws' });
  onTestFinished(standIn.stop);
  for (const fault of faults) await standIn.addFault(fault);
  return standIn;
}

const CREATE = 'CreateMultipartUpload';
const COMPLETE = 'CompleteMultipartUpload';

describe('an upload is stored (strict S3 stand-in)', () => {
  it.each<[string, Fault]>([
    ['three 503 SlowDown at Create', { operation: CREATE, kind: 'error', code: 'SlowDown', times: 3 }],
    ['three 503 SlowDown at Complete', { operation: COMPLETE, kind: 'error', code: 'SlowDown', times: 3 }],
    ['RequestTimeout at Create', { operation: CREATE, kind: 'error', code: 'RequestTimeout' }],
    [
      'InternalError in an answer 200 to Complete',
      { operation: COMPLETE, kind: 'errorInOk', code: 'InternalError' },
    ],
    ['a lost answer of Create', { operation: CREATE, kind: 'lostAnswer' }],
    ['a connection that is reset at Complete', { operation: COMPLETE, kind: 'reset', afterBytes: 10 }],
  ])('despite %s', async (_, fault) => {
    const standIn = await start(fault);
    await upload(standIn.ctx, standIn.target(), bytes);
    expect((await standIn.object(KEY))!.sha256).toBe(await sha256Of(bytes));
    expect((await standIn.read()).pendingFaults).toBe(0);
  });

  it('despite a lost answer of Complete, when the object may be read', async () => {
    const standIn = await start({ operation: COMPLETE, kind: 'lostAnswer' });
    await upload(standIn.ctx, standIn.target({}, ADMIN), bytes);
    const { requests } = await standIn.read();
    const completes = requests.filter(({ operation }) => operation === COMPLETE);
    expect(completes.map((request) => request.code)).toEqual([null, 'NoSuchUpload']);
  });
});

describe('an upload fails (strict S3 stand-in)', () => {
  it.each<[string, string, Fault]>([
    [
      'the answer of Complete is lost and nothing may be read',
      'storage_upload_lost',
      { operation: COMPLETE, kind: 'lostAnswer' },
    ],
    [
      'Complete answers 200 with AccessDenied',
      'storage_access_denied',
      { operation: COMPLETE, kind: 'errorInOk', code: 'AccessDenied' },
    ],
    [
      'another conditional write runs at the same time',
      'storage_upload_lost',
      { operation: COMPLETE, kind: 'error', code: 'ConditionalRequestConflict' },
    ],
    [
      'Complete answers with a web page',
      'storage_unavailable',
      { operation: COMPLETE, kind: 'html', status: 200 },
    ],
    [
      '503 does not end',
      'storage_unavailable',
      { operation: COMPLETE, kind: 'error', code: 'SlowDown', times: 100 },
    ],
    ['Create answers with a web page', 'storage_not_s3', { operation: CREATE, kind: 'html', status: 200 }],
    [
      'Create answers 10 MB of XML',
      'storage_unavailable',
      { operation: CREATE, kind: 'hugeXml', sizeBytes: 10_000_000, times: 100 },
    ],
    [
      'the clock is an hour ahead',
      'storage_clock_skewed',
      { operation: 'any', kind: 'skewedClock', offsetMs: 3600_000 },
    ],
    [
      'the clock is an hour behind',
      'storage_clock_skewed',
      { operation: 'any', kind: 'skewedClock', offsetMs: -3600_000 },
    ],
  ])('when %s', async (_, expected, fault) => {
    const standIn = await start(fault);
    const answer = upload(standIn.ctx, standIn.target(), bytes);
    await expect(answer).rejects.toThrow(code(expected));
  });

  it.each([CREATE, COMPLETE] as const)('when no try of %s is answered', async (operation) => {
    const standIn = await start({ operation, kind: 'silence', times: 100 });
    const { ctx } = boundedCtx(standIn.ctx, { oneRequest: 100, allRequests: 60_000 });
    await expect(upload(ctx, standIn.target(), bytes)).rejects.toThrow(code('storage_unreachable'));
    const { requests } = await standIn.read();
    expect(requests.filter((request) => request.operation === operation)).toHaveLength(4);
    expect(await standIn.object(KEY)).toBeUndefined();
  });

  it('when a request is not answered within its timeout', async () => {
    const standIn = await start({ operation: CREATE, kind: 'silence', times: 100 });
    const request = { method: 'POST', key: KEY, query: { uploads: '' }, timeoutMs: 100 } as const;
    const answer = s3Request(standIn.ctx, standIn.target(), { ...request, maxTries: 1 });
    await expect(answer).rejects.toThrow(code('storage_unreachable'));
  });

  it.each([301, 302, 307, 308] as const)(
    'when the answer is a redirect %i, without following it',
    async (status) => {
      const elsewhere = await start();
      const location = `${elsewhere.endpoint}/test-bucket/x?uploads=`;
      const standIn = await start({ operation: CREATE, kind: 'redirect', status, location });
      await expect(upload(standIn.ctx, standIn.target(), bytes)).rejects.toThrow(code('storage_not_s3'));
      expect((await elsewhere.read()).requests).toEqual([]);
    },
  );
});

describe('aborting an upload (strict S3 stand-in)', () => {
  async function begin(account = ADMIN, ...faults: Fault[]) {
    const standIn = await start(...faults);
    const site = s3Site(standIn.ctx, standIn.target({}, account));
    const { uploadId } = await site.create({ placementId: 'p', key: KEY }, 'video/mp4');
    return { standIn, site, upload: { placementId: 'p', key: KEY, uploadId } };
  }

  it('removes everything, and can be repeated', async () => {
    const { standIn, site, upload } = await begin();
    expect(await site.abort(upload)).toBe('removed');
    expect(await site.abort(upload)).toBe('removed');
    expect((await standIn.read()).buckets['test-bucket']!.uploadIds).toEqual([]);
  });

  it('reports that it is forbidden when the policy grants only s3:PutObject', async () => {
    const { site, upload } = await begin(PUT_ONLY);
    expect(await site.abort(upload)).toBe('forbidden');
  });

  it('fails while the provider is down, and succeeds when it is repeated', async () => {
    const { site, upload } = await begin(ADMIN, {
      operation: 'AbortMultipartUpload',
      kind: 'error',
      code: 'SlowDown',
    });
    await expect(site.abort(upload)).rejects.toThrow(code('storage_unavailable'));
    expect(await site.abort(upload)).toBe('removed');
  });

  it('deletes the object of this upload, but not an object of another upload', async () => {
    const { standIn, site, upload: first } = await begin();
    const target = standIn.target({}, ADMIN);
    const finished = await sendParts(
      standIn.ctx,
      target,
      KEY,
      { ...first, digest: 'sha256', omittedHeaders: [], lesson: null },
      bytes,
    );
    await site.complete(first, finished);
    await site.removeObject({ ...first, placementId: 'another' });
    expect(await standIn.object(KEY)).toBeDefined();
    await site.removeObject(first);
    expect(await standIn.object(KEY)).toBeUndefined();
  });
});
