/** Multipart uploads on the strict S3 stand-in: the rules about parts, order, sizes and checksums. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ADMIN, PUT_ONLY } from '../support/strict-s3/signing/account.ts';
import { crc32Base64 } from '../support/strict-s3/operations/integrity.ts';
import { errorCode, sendSigned, type ClientOptions } from '../support/strict-s3/signing/signed-client.ts';
import { startStrictS3, type StrictS3 } from '../support/strict-s3/strict-s3.ts';

const MIB = 1024 * 1024;
const FULL = Buffer.alloc(5 * MIB, 'a');
const TAIL = Buffer.from('the end');

let server: StrictS3;
let client: ClientOptions;

beforeAll(async () => {
  server = await startStrictS3();
  client = { endpoint: server.endpoint, region: server.region, account: PUT_ONLY };
});
afterAll(async () => server.stop());
beforeEach(() => {
  server.objects.clear();
  server.buckets.forEach((bucket) => bucket.uploads.clear());
});

async function create(headers: Record<string, string> = {}) {
  const response = await sendSigned(client, 'POST', '/test-bucket/key?uploads=', { headers });
  return /<UploadId>([^<]+)</.exec(await response.text())?.[1] ?? '';
}

async function sendPart(
  uploadId: string,
  number: number | string,
  body: Buffer,
  headers: Record<string, string> = {},
) {
  const target = `/test-bucket/key?partNumber=${number}&uploadId=${uploadId}`;
  const response = await sendSigned(client, 'PUT', target, { body: new Uint8Array(body), headers });
  return {
    status: response.status,
    code: await errorCode(response),
    etag: response.headers.get('etag') ?? '',
  };
}

type Listed = { number: number; etag: string; crc32?: string };

async function complete(
  uploadId: string,
  parts: readonly Listed[] | string,
  headers: Record<string, string> = {},
) {
  const part = ({ number, etag, crc32 }: Listed) =>
    `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag>${crc32 ? `<ChecksumCRC32>${crc32}</ChecksumCRC32>` : ''}</Part>`;
  const inner = typeof parts === 'string' ? parts : parts.map((listed) => part(listed)).join('');
  const body = `<CompleteMultipartUpload>${inner}</CompleteMultipartUpload>`;
  const response = await sendSigned(client, 'POST', `/test-bucket/key?uploadId=${uploadId}`, {
    body,
    headers,
  });
  const text = await response.text();
  return { status: response.status, code: /<Code>(\w+)</.exec(text)?.[1] ?? '', text };
}

async function uploadTwo(headers: Record<string, string> = {}) {
  const uploadId = await create(headers);
  const first = await sendPart(uploadId, 1, FULL);
  const last = await sendPart(uploadId, 2, TAIL);
  return {
    uploadId,
    parts: [
      { number: 1, etag: first.etag },
      { number: 2, etag: last.etag },
    ] as const,
  };
}

describe('strict S3 stand-in: multipart by an account with s3:PutObject only', () => {
  it('completes one object from the parts, with the headers of Create and a multipart ETag', async () => {
    const { uploadId, parts } = await uploadTwo({
      'content-type': 'video/mp4',
      'x-amz-storage-class': 'ONEZONE_IA',
    });
    const done = await complete(uploadId, parts);
    const digests = [FULL, TAIL].map((part) => createHash('md5').update(part).digest());
    const etag = `"${createHash('md5').update(Buffer.concat(digests)).digest('hex')}-2"`;
    expect([done.status, done.text.includes(etag.replaceAll('"', '&quot;'))]).toEqual([200, true]);
    const object = server.objects.get('key');
    expect(object?.body.equals(Buffer.concat([FULL, TAIL]))).toBe(true);
    expect(Object.fromEntries(object?.headers ?? [])).toEqual({
      'content-type': 'video/mp4',
      'x-amz-storage-class': 'ONEZONE_IA',
    });
    expect(await complete(uploadId, parts)).toMatchObject({ status: 404, code: 'NoSuchUpload' });
  });

  it('accepts a repeated part, and ETags without quotes', async () => {
    const { uploadId, parts } = await uploadTwo();
    const again = await sendPart(uploadId, 2, Buffer.from('another end'));
    expect(await complete(uploadId, parts)).toMatchObject({ status: 400, code: 'InvalidPart' });
    const listed = [parts[0], { number: 2, etag: again.etag }].map((part) => ({
      ...part,
      etag: part.etag.replaceAll('"', ''),
    }));
    expect(await complete(uploadId, listed)).toMatchObject({ status: 200 });
  });

  it.each(['&quot;', '&#34;', '&#x22;'])('reads quotes written as %s', async (quote) => {
    const { uploadId, parts } = await uploadTwo();
    const listed = parts.map((part) => ({ ...part, etag: part.etag.replaceAll('"', quote) }));
    expect(await complete(uploadId, listed)).toMatchObject({ status: 200 });
  });

  it('finds an upload only with its own key', async () => {
    const uploadId = await create();
    const target = `/test-bucket/other?partNumber=1&uploadId=${uploadId}`;
    expect(await errorCode(await sendSigned(client, 'PUT', target, { body: 'x' }))).toBe('NoSuchUpload');
  });

  it('aborts an upload for an account that has the permission', async () => {
    const uploadId = await create();
    const target = `/test-bucket/key?uploadId=${uploadId}`;
    expect((await sendSigned({ ...client, account: ADMIN }, 'DELETE', target)).status).toBe(204);
    expect(await sendPart(uploadId, 1, TAIL)).toMatchObject({ status: 404, code: 'NoSuchUpload' });
  });
});

describe('strict S3 stand-in: refused lists of parts, after which the upload still exists', () => {
  const LISTS: [string, string, (parts: readonly [Listed, Listed]) => readonly Listed[] | string][] = [
    ['in the wrong order', 'InvalidPartOrder', ([first, last]) => [last, first]],
    ['with one part twice', 'InvalidPartOrder', ([first]) => [first, first]],
    ['with a part that never came', 'InvalidPart', ([first]) => [first, { number: 3, etag: first.etag }]],
    [
      'with the ETag of another part',
      'InvalidPart',
      ([first, last]) => [first, { ...last, etag: first.etag }],
    ],
    ['without any part', 'MalformedXML', () => []],
    ['that is no XML', 'MalformedXML', () => '<Part><PartNumber>1</Part>'],
    ['without an ETag', 'MalformedXML', () => '<Part><PartNumber>1</PartNumber></Part>'],
  ];

  it.each(LISTS)('%s: %s', async (_, code, change) => {
    const { uploadId, parts } = await uploadTwo();
    expect(await complete(uploadId, change(parts))).toMatchObject({ status: 400, code });
    expect(server.objects.size).toBe(0);
    expect(await complete(uploadId, parts)).toMatchObject({ status: 200 });
  });

  it('a part below 5 MiB that is not the last: EntityTooSmall', async () => {
    const uploadId = await create();
    const first = await sendPart(uploadId, 1, FULL.subarray(1));
    const last = await sendPart(uploadId, 2, TAIL);
    const parts = [
      { number: 1, etag: first.etag },
      { number: 2, etag: last.etag },
    ];
    const refused = await complete(uploadId, parts);
    expect(refused).toMatchObject({ status: 400, code: 'EntityTooSmall' });
    expect(refused.text).toContain('<MinSizeAllowed>5242880</MinSizeAllowed>');
  });

  it('a conditional Complete when the object exists', async () => {
    const { uploadId, parts } = await uploadTwo();
    await sendSigned(client, 'PUT', '/test-bucket/key', { body: 'first' });
    expect(await complete(uploadId, parts, { 'if-none-match': '*' })).toMatchObject({
      status: 412,
      code: 'PreconditionFailed',
    });
    expect(server.objects.get('key')?.body.toString()).toBe('first');
  });

  it.each(['0', '10001', 'one', '-1'])('the part number "%s"', async (number) => {
    expect(await sendPart(await create(), number, TAIL)).toMatchObject({
      status: 400,
      code: 'InvalidArgument',
    });
  });
});

describe('strict S3 stand-in: checksums of multipart uploads', () => {
  const [crcOfFull, crcOfTail] = [crc32Base64(FULL), crc32Base64(TAIL)];
  const COMPOSITE = { 'x-amz-checksum-algorithm': 'CRC32' };
  const WHOLE = { ...COMPOSITE, 'x-amz-checksum-type': 'FULL_OBJECT' };

  async function uploadChecked(headers: Record<string, string>) {
    const uploadId = await create(headers);
    const first = await sendPart(uploadId, 1, FULL, { 'x-amz-checksum-crc32': crcOfFull });
    const last = await sendPart(uploadId, 2, TAIL, { 'x-amz-checksum-crc32': crcOfTail });
    return {
      uploadId,
      parts: [
        { number: 1, etag: first.etag, crc32: crcOfFull },
        { number: 2, etag: last.etag, crc32: crcOfTail },
      ],
    };
  }

  it('refuses a part whose checksum type differs from that of the upload', async () => {
    const plain = await sendPart(await create(), 1, TAIL, { 'x-amz-checksum-crc32': crcOfTail });
    expect(plain).toMatchObject({ status: 400, code: 'InvalidRequest' });
    expect(await sendPart(await create(COMPOSITE), 1, TAIL)).toMatchObject({
      status: 400,
      code: 'InvalidRequest',
    });
    expect(await sendPart(await create(WHOLE), 1, TAIL)).toMatchObject({ status: 200 });
    const wrong = await sendPart(await create(WHOLE), 1, TAIL, { 'x-amz-checksum-crc32': crcOfFull });
    expect(wrong).toMatchObject({ status: 400, code: 'BadDigest' });
  });

  it('requires the checksum of each part when it is composite', async () => {
    const { uploadId, parts } = await uploadChecked(COMPOSITE);
    const bare = parts.map(({ number, etag }) => ({ number, etag }));
    expect(await complete(uploadId, bare)).toMatchObject({ status: 400, code: 'InvalidRequest' });
    const swapped = parts.map((part) => ({ ...part, crc32: crcOfFull }));
    expect(await complete(uploadId, swapped)).toMatchObject({ status: 400, code: 'InvalidPart' });
    const digests = Buffer.concat([crcOfFull, crcOfTail].map((crc) => Buffer.from(crc, 'base64')));
    const done = await complete(uploadId, parts);
    expect(done.text).toContain(
      `<ChecksumCRC32>${crc32Base64(digests)}-2</ChecksumCRC32><ChecksumType>COMPOSITE</ChecksumType>`,
    );
  });

  it('checks the CRC-32, the size and the type of the whole object', async () => {
    const { uploadId, parts } = await uploadChecked(WHOLE);
    const whole = crc32Base64(Buffer.concat([FULL, TAIL]));
    const wrongType = { 'x-amz-checksum-type': 'COMPOSITE' };
    expect(await complete(uploadId, parts, wrongType)).toMatchObject({ status: 400, code: 'InvalidRequest' });
    expect(await complete(uploadId, parts, { 'x-amz-mp-object-size': '1' })).toMatchObject({
      status: 400,
      code: 'InvalidRequest',
    });
    expect(await complete(uploadId, parts, { 'x-amz-checksum-crc32': crcOfTail })).toMatchObject({
      status: 400,
      code: 'BadDigest',
    });
    const right = {
      'x-amz-checksum-crc32': whole,
      'x-amz-checksum-type': 'FULL_OBJECT',
      'x-amz-mp-object-size': String(FULL.length + TAIL.length),
    };
    expect(await complete(uploadId, parts, right)).toMatchObject({ status: 200 });
  });

  it.each([
    [{ 'x-amz-checksum-algorithm': 'CRC64NVME' }, 501],
    [{ 'x-amz-checksum-algorithm': 'SHA256', 'x-amz-checksum-type': 'FULL_OBJECT' }, 400],
    [{ 'x-amz-checksum-type': 'FULL_OBJECT' }, 400],
  ])('refuses to create an upload with %o: %i', async (headers, status) => {
    expect((await sendSigned(client, 'POST', '/test-bucket/key?uploads=', { headers })).status).toBe(status);
  });
});
