import { describe, expect, it } from 'vitest';
import { s3Request } from '../../../../worker/storage/s3/client.ts';
import { s3Site } from '../../../../worker/storage/sites/s3-site.ts';
import { s3Target } from '../../../../worker/storage/s3/target.ts';
import { makeCtx } from '../../support/make-ctx.ts';

const KEYS = { accessKeyId: 'AKIA', secretAccessKey: 'the-secret' };
const target = s3Target({ endpoint: 'https://s3.example.com', region: 'us-east-1', bucket: 'media' }, KEYS);
const xml = (code: string, message = 'told by the provider') =>
  `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;

type Answer = { status: number; body?: string; headers?: Record<string, string> } | Error;

/** A provider that sends these answers in order and then repeats the last one. `requests` records what it received. */
function provider(...answers: Answer[]) {
  const requests: { url: string; init: RequestInit }[] = [];
  const ctx = makeCtx({
    random: () => 0,
    fetch: async (url, init) => {
      requests.push({ url: new Request(url).url, init: init! });
      const answer = answers[Math.min(requests.length, answers.length) - 1]!;
      if (answer instanceof Error) throw answer;
      const isBodiless = answer.status === 204 || init?.method === 'HEAD';
      return new Response(isBodiless ? null : (answer.body ?? ''), answer);
    },
  });
  return { ctx, requests };
}

const request = (answers: Answer[], values = {}) => {
  const { ctx, requests } = provider(...answers);
  return { requests, answer: s3Request(ctx, target, { method: 'POST', key: 'a.mp4', ...values }) };
};

describe('a refusal becomes one of our codes without text of the provider', () => {
  it.each([
    [403, xml('AccessDenied'), 'storage_access_denied', 'HTTP 403, AccessDenied'],
    [403, xml('InvalidAccessKeyId'), 'storage_credentials_invalid', 'HTTP 403, InvalidAccessKeyId'],
    [403, xml('SignatureDoesNotMatch'), 'storage_credentials_invalid', 'HTTP 403, SignatureDoesNotMatch'],
    [404, xml('NoSuchBucket'), 'storage_bucket_not_found', 'HTTP 404, NoSuchBucket'],
    [400, xml('constructor'), 'storage_rejected', 'HTTP 400, constructor'],
    [404, xml('NoSuchUpload'), 'storage_upload_lost', 'HTTP 404, NoSuchUpload'],
    [
      400,
      xml('AuthorizationHeaderMalformed'),
      'storage_region_mismatch',
      'HTTP 400, AuthorizationHeaderMalformed',
    ],
    [301, xml('PermanentRedirect'), 'storage_region_mismatch', 'HTTP 301, PermanentRedirect'],
    [307, '', 'storage_not_s3', 'HTTP 307, a redirect'],
    [302, '<html>moved</html>', 'storage_not_s3', 'HTTP 302, a redirect'],
    [400, xml('BadDigest'), 'storage_digest_mismatch', 'HTTP 400, BadDigest'],
    [400, xml('InvalidStorageClass'), 'storage_class_unsupported', 'HTTP 400, InvalidStorageClass'],
    [
      501,
      xml('NotImplemented', "We only support the 'STANDARD' storage class, and not X"),
      'storage_class_unsupported',
      'HTTP 501, NotImplemented',
    ],
    [501, xml('NotImplemented'), 'storage_rejected', 'HTTP 501, NotImplemented'],
    [403, xml('RequestTimeTooSkewed'), 'storage_clock_skewed', 'HTTP 403, RequestTimeTooSkewed'],
    [412, xml('PreconditionFailed'), 'storage_object_exists', 'HTTP 412, PreconditionFailed'],
    [409, xml('ConditionalRequestConflict'), 'storage_upload_lost', 'HTTP 409, ConditionalRequestConflict'],
    [401, xml('Unauthorized'), 'storage_credentials_invalid', 'HTTP 401, Unauthorized'],
    [401, '', 'storage_credentials_invalid', 'HTTP 401'],
    [
      400,
      xml('XAmzContentChecksumMismatch'),
      'storage_digest_mismatch',
      'HTTP 400, XAmzContentChecksumMismatch',
    ],
    [403, '', 'storage_access_denied', 'HTTP 403'],
    [403, '<html>blocked</html>', 'storage_not_s3', 'HTTP 403'],
    [404, '<html>nothing here</html>', 'storage_not_s3', 'HTTP 404'],
    [400, xml('a secret of the network: 10.0.0.1'), 'storage_rejected', 'HTTP 400'],
    [400, '{"Code": "AccessDenied"}', 'storage_not_s3', 'HTTP 400'],
    [400, '<Error><Code><x>1</x></Code></Error>', 'storage_rejected', 'HTTP 400'],
    [200, xml('AccessDenied'), 'storage_access_denied', 'HTTP 200, AccessDenied'],
  ])('%i %s', async (status, body, code, message) => {
    const { answer, requests } = request([{ status, body }]);
    await expect(answer).rejects.toThrow(expect.objectContaining({ code, message }));
    expect(requests).toHaveLength(1);
  });
});

describe('a temporary failure', () => {
  it.each<[string, Answer]>([
    ['503', { status: 503, body: xml('SlowDown') }],
    ['500', { status: 500 }],
    ['429', { status: 429 }],
    ['408', { status: 408 }],
    ['400 RequestTimeout', { status: 400, body: xml('RequestTimeout') }],
    ['200 with InternalError', { status: 200, body: xml('InternalError') }],
    ['no connection', new TypeError('connect ECONNREFUSED 10.0.0.1')],
  ])('is retried: %s', async (_, failure) => {
    const { answer, requests } = request([failure, failure, { status: 200, body: '<Ok/>' }]);
    expect((await answer).body).toBe('<Ok/>');
    expect(requests).toHaveLength(3);
  });

  it('fails after four tries', async () => {
    const { answer, requests } = request([{ status: 503 }]);
    await expect(answer).rejects.toThrow(expect.objectContaining({ code: 'storage_unavailable' }));
    expect(requests).toHaveLength(4);
  });

  it('is not retried when the caller repeats the request', async () => {
    const { answer, requests } = request([{ status: 503 }], { maxTries: 1 });
    await expect(answer).rejects.toThrow(expect.objectContaining({ code: 'storage_unavailable' }));
    expect(requests).toHaveLength(1);
  });

  it('is not retried after the retry window', async () => {
    const { ctx } = provider();
    let tries = 0;
    const slow = async () => {
      tries++;
      ctx.clock.advance(15_000);
      return new Response('', { status: 503 });
    };
    const answer = s3Request({ ...ctx, fetch: slow }, target, { method: 'POST', key: 'a' });
    await expect(answer).rejects.toThrow(expect.objectContaining({ code: 'storage_unavailable' }));
    expect(tries).toBe(2);
  });
});

describe('a request', () => {
  it('is signed for the region, follows no redirect, and holds no secret', async () => {
    const { answer, requests } = request([{ status: 200 }], { key: 'ü/a b+c.mp4', query: { uploads: '' } });
    await answer;
    const [{ url, init }] = requests as [{ url: string; init: RequestInit }];
    expect(url).toBe('https://s3.example.com/media/%C3%BC/a%20b%2Bc.mp4?uploads=');
    expect(init.redirect).toBe('manual');
    expect(new Headers(init.headers).get('authorization')).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIA\/\d{8}\/us-east-1\/s3\/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, /,
    );
    expect(JSON.stringify([url, [...new Headers(init.headers)]])).not.toContain(KEYS.secretAccessKey);
  });

  it('is not sent for a key with dot segments', async () => {
    const { answer, requests } = request([{ status: 200 }], { key: 'a/../../other/x' });
    await expect(answer).rejects.toThrow('dot segment');
    expect(requests).toHaveLength(0);
  });
});

it('stops reading an answer that is longer than any answer of S3', async () => {
  let pulls = 0;
  const endless = new ReadableStream({
    pull(controller) {
      pulls++;
      controller.enqueue(new Uint8Array(16 * 1024));
    },
  });
  const ctx = makeCtx({ fetch: async () => new Response(endless, { status: 403 }) });
  const answer = s3Request(ctx, target, { method: 'POST', key: 'a' });
  await expect(answer).rejects.toThrow(expect.objectContaining({ code: 'storage_not_s3' }));
  expect(pulls).toBeLessThan(10);
});

describe('CompleteMultipartUpload', () => {
  const part = { number: 1, etag: '"e&<1>"', crc32: 'AAAAAA==' };
  const complete = (...answers: Answer[]) => {
    const { ctx, requests } = provider(...answers);
    const upload = { placementId: 'p', key: 'a.mp4', uploadId: 'u&1' };
    const finished = { parts: [part], sizeBytes: 5, crc32: 'AAAAAA==', digest: 'sha256' as const };
    return { requests, answer: s3Site(ctx, target).complete(upload, finished) };
  };
  const done = {
    status: 200,
    body: '\n\n  <CompleteMultipartUploadResult><ETag>&#34;abc-1&#34;</ETag></CompleteMultipartUploadResult>',
  };
  const head = (headers: Record<string, string>) => ({ status: 200, headers });
  const OURS = { 'x-amz-meta-importly-upload': 'p', 'content-length': '5', etag: '"abc-1"' };
  const denied = { status: 403 };
  const lost = { status: 404, body: xml('NoSuchUpload') };
  const exists = { status: 412, body: xml('PreconditionFailed') };
  const code = (name: string) => expect.objectContaining({ code: name });

  it.each<[string, Answer[]]>([
    ['the answer has a result and nothing may be read', [done, denied]],
    ['the answer has a result and the object is ours', [done, head(OURS)]],
    [
      'the answer has a result and the storage drops metadata',
      [done, head({ 'content-length': '5', etag: '"abc-1"' })],
    ],
    ['the first answer was lost and the object is ours', [{ status: 500 }, lost, head(OURS)]],
    [
      'the first answer was lost and the condition finds our own object',
      [new TypeError('reset'), exists, head(OURS)],
    ],
  ])('succeeds: %s', async (_, answers) => {
    expect(await complete(...answers).answer).toEqual({ etag: '"abc-1"' });
  });

  it.each<[string, Answer[], string]>([
    ['an answer without a result', [{ status: 200, body: '' }, denied], 'storage_unavailable'],
    [
      'an error document with status 200',
      [{ status: 200, body: `\n\n${xml('AccessDenied')}` }, denied],
      'storage_access_denied',
    ],
    ['a lost upload', [lost, denied], 'storage_upload_lost'],
    ['an object that was there before', [exists, denied], 'storage_object_exists'],
    [
      'an object that the request with the lost answer may have made',
      [new TypeError('reset'), exists, denied],
      'storage_upload_lost',
    ],
    [
      'a lost upload whose key has another object',
      [lost, head({ ...OURS, 'x-amz-meta-importly-upload': 'q' })],
      'storage_upload_lost',
    ],
    [
      'a lost upload with a shorter object',
      [lost, head({ ...OURS, 'content-length': '4' })],
      'storage_upload_lost',
    ],
    [
      'a result for another object',
      [done, head({ ...OURS, 'x-amz-meta-importly-upload': 'q' })],
      'storage_upload_lost',
    ],
    [
      'a result for an object without our metadata',
      [done, head({ 'content-length': '5', etag: '"old"' })],
      'storage_upload_lost',
    ],
    [
      'a result for a shorter object',
      [done, head({ ...OURS, 'content-length': '4' })],
      'storage_upload_lost',
    ],
  ])('fails: %s', async (_, answers, expected) => {
    await expect(complete(...answers).answer).rejects.toThrow(code(expected));
  });

  it('lists its parts in well-formed XML', async () => {
    const { answer, requests } = complete(done, denied);
    await answer;
    expect(requests[0]!.url).toBe('https://s3.example.com/media/a.mp4?uploadId=u%261');
    expect(requests[0]!.init.body).toContain(
      '<ETag>&#34;e&#38;&#60;1&#62;&#34;</ETag><PartNumber>1</PartNumber>',
    );
  });
});
