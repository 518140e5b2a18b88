import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { completePlacement } from '../../../../worker/storage/uploads/complete-placement.ts';
import { openPlacement } from '../../../../worker/storage/uploads/open-placement.ts';
import { putServicePart } from '../../../../worker/storage/uploads/put-service-part.ts';
import { refOf } from '../../support/claimed.ts';
import { makeCtx } from '../../support/make-ctx.ts';
import {
  artifactRequest,
  completeRequest,
  crc32Of,
  makeLive,
  MIB,
  placementsOf,
  put,
  putAll,
  someBytes,
  streamOf,
  signFor,
} from '../../support/uploads.ts';

const code = (name: string) => expect.objectContaining({ code: name });

describe('wrong bytes', () => {
  it.each([1000, null])('of a part are refused and not stored (size %s)', async (sizeBytes) => {
    const ctx = makeCtx();
    const live = await makeLive(ctx);
    const plan = await openPlacement(ctx, { live, file: artifactRequest({ sizeBytes }) });
    const bytes = someBytes(1000);
    await expect(put(ctx, live, plan, 1, bytes, crc32Of(someBytes(1000, 2)))).rejects.toThrow(
      code('digest_mismatch'),
    );
    const [placement] = await placementsOf(ctx, live);
    expect(await env.MEDIA.head(placement!.key)).toBeNull();
    // The right bytes can be sent for the same part.
    const body = await putAll(ctx, live, plan, bytes);
    expect(await completePlacement(ctx, { live, placementId: plan.placementId, report: body })).toEqual({
      outcome: 'stored',
    });
  });

  it.each([
    ['shorter', 900],
    ['longer', 1100],
  ])('that are %s than declared are refused', async (_, length) => {
    const ctx = makeCtx();
    const live = await makeLive(ctx);
    const plan = await openPlacement(ctx, { live, file: artifactRequest({ sizeBytes: 1000 }) });
    const bytes = someBytes(length);
    const part = { number: 1, body: streamOf(bytes), sizeBytes: 1000, crc32: crc32Of(bytes) };
    await expect(
      putServicePart(ctx, { ...refOf(live.job), placementId: plan.placementId, grant: null, part }),
    ).rejects.toThrow(code('digest_mismatch'));
    expect(await env.MEDIA.head((await placementsOf(ctx, live))[0]!.key)).toBeNull();
  });

  it('of a connection that ends early are refused', async () => {
    const ctx = makeCtx();
    const live = await makeLive(ctx);
    const plan = await openPlacement(ctx, { live, file: artifactRequest({ sizeBytes: 1000 }) });
    const body = new ReadableStream({
      type: 'bytes',
      start(controller) {
        controller.enqueue(someBytes(10));
        controller.error(new Error('connection reset'));
      },
    });
    const part = { number: 1, body, sizeBytes: 1000, crc32: crc32Of(someBytes(1000)) };
    await expect(
      putServicePart(ctx, { ...refOf(live.job), placementId: plan.placementId, grant: null, part }),
    ).rejects.toThrow(code('digest_mismatch'));
  });
});

describe('reports that do not fit the plan', () => {
  const cases: [string, (body: ReturnType<typeof completeRequest>) => void, string][] = [
    ['another size', (body) => void (body.sizeBytes += 1), 'invalid_request'],
    ['a gap in the parts', (body) => void (body.parts[0]!.number = 2), 'invalid_request'],
    ['a part too many', (body) => void body.parts.push({ ...body.parts[0]!, number: 2 }), 'invalid_request'],
    ['another digest of the whole', (body) => void (body.checksums.crc32 = 'AAAAAA=='), 'digest_mismatch'],
    ['another digest of a part', (body) => void (body.parts[0]!.crc32 = 'AAAAAA=='), 'digest_mismatch'],
    ['a malformed digest', (body) => void (body.parts[0]!.crc32 = '????????'), 'invalid_request'],
    ['more than MAX_BYTES', (body) => void (body.sizeBytes = 2 ** 50), 'source_too_large'],
  ];
  it.each(cases)('%s', async (_, spoil, expected) => {
    const ctx = makeCtx();
    const live = await makeLive(ctx);
    const bytes = someBytes(1000);
    const plan = await openPlacement(ctx, { live, file: artifactRequest({ sizeBytes: 1000 }) });
    const body = await putAll(ctx, live, plan, bytes);
    spoil(body);
    await expect(
      completePlacement(ctx, { live, placementId: plan.placementId, report: body }),
    ).rejects.toThrow(code(expected));
    expect((await placementsOf(ctx, live))[0]!.status).toBe('open');
  });

  it('an object whose size differs from the report is never recorded as stored', async () => {
    const ctx = makeCtx();
    const live = await makeLive(ctx);
    const plan = await openPlacement(ctx, { live, file: artifactRequest() });
    const sent = await put(ctx, live, plan, 1, someBytes(1000));
    const wanted = someBytes(1001);
    const body = completeRequest(wanted, [{ bytes: wanted, etag: sent.etag }]);
    await expect(
      completePlacement(ctx, { live, placementId: plan.placementId, report: body }),
    ).rejects.toThrow(code('invalid_request'));
    expect((await placementsOf(ctx, live))[0]!.status).not.toBe('stored');
  });

  it('parts beyond the plan, the file or MAX_BYTES get no signature', async () => {
    const ctx = makeCtx();
    const live = await makeLive(ctx);
    const plan = await openPlacement(ctx, { live, file: artifactRequest({ sizeBytes: 20 * MIB }) });
    const sign = (number: number, sizeBytes: number, digest = 'AAAAAA==') =>
      signFor(ctx, {
        live,
        placementId: plan.placementId,
        parts: [{ number, sizeBytes, digest }],
        token: 'token',
      });
    await expect(sign(1, 8 * MIB)).resolves.toHaveLength(1);
    await expect(sign(3, 4 * MIB)).resolves.toHaveLength(1);
    await expect(sign(1, 8 * MIB + 1)).rejects.toThrow(code('invalid_request'));
    await expect(sign(2, 4 * MIB)).rejects.toThrow(code('invalid_request'));
    await expect(sign(3, 8 * MIB)).rejects.toThrow(code('invalid_request'));
    await expect(sign(9999, 8 * MIB)).rejects.toThrow(code('source_too_large'));
    await expect(sign(1, 8 * MIB, 'a'.repeat(64))).rejects.toThrow(code('invalid_request'));
  });

  it.each(['text', 'video/mp4; codecs=x', 'video/mp4\r\nx: y', ''])(
    'a content type like %j is refused',
    async (contentType) => {
      const ctx = makeCtx();
      const live = await makeLive(ctx);
      await expect(openPlacement(ctx, { live, file: artifactRequest({ contentType }) })).rejects.toThrow(
        code('invalid_request'),
      );
    },
  );

  it('a file with an announced size above MAX_BYTES is refused at once', async () => {
    const ctx = makeCtx();
    const live = await makeLive(ctx);
    const body = artifactRequest({ sizeBytes: ctx.config.MAX_BYTES + 1 });
    await expect(openPlacement(ctx, { live, file: body })).rejects.toThrow(code('source_too_large'));
  });
});
