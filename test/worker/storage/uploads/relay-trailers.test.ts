/** Parts of service storage whose digest follows their bytes, through the routes of the Worker into the R2 of Miniflare. */
import { describe, expect, it } from 'vitest';
import { createApp } from '../../../../worker/app.ts';
import { mintAttemptToken } from '../../../../worker/attempts/attempt-token.ts';
import { completePlacement } from '../../../../worker/storage/uploads/complete-placement.ts';
import { openPlacement } from '../../../../worker/storage/uploads/open-placement.ts';
import { refOf } from '../../support/claimed.ts';
import { makeCtx } from '../../support/make-ctx.ts';
import {
  artifactRequest,
  asSent,
  completeRequest,
  crc32Of,
  makeLive,
  MIB,
  partsOf,
  placementsOf,
  signFor,
  someBytes,
  streamOf,
  withFeatures,
} from '../../support/uploads.ts';

async function start(bytes: Uint8Array<ArrayBuffer>) {
  const ctx = makeCtx();
  const live = withFeatures(await makeLive(ctx));
  const plan = await openPlacement(ctx, { live, file: artifactRequest({ sizeBytes: bytes.length }) });
  const { placementId } = plan;
  const parts = partsOf(bytes, plan.partSizeBytes);
  const toSign = parts.map(({ length: sizeBytes }, index) => ({ number: index + 1, sizeBytes, digest: '' }));
  const token = await mintAttemptToken(ctx, refOf(live.job));
  const requests = await signFor(ctx, { live, placementId, parts: toSign, token });
  const app = createApp(ctx);
  const put = (number: number, body: Uint8Array<ArrayBuffer>, changed = {}, pieceBytes?: number) => {
    const { url, method, headers } = requests[number - 1]!;
    const init = { method, headers: { ...headers, ...changed }, body: streamOf(body, pieceBytes) };
    return app.request(new URL(url).pathname, init);
  };
  return { ctx, live, plan, parts, requests, put };
}

/** Of two parts: the second one is smaller. */
const file = someBytes(8 * MIB + 70_000);

describe('a part that is announced before its bytes exist', () => {
  it('is stored when its trailer is right, however its bytes are cut into pieces', async () => {
    const { ctx, live, plan, parts, requests, put } = await start(file);
    expect(plan).toMatchObject({ kind: 'multipart', digest: 'crc32-trailer' });
    const sent = [];
    for (const [index, pieceBytes] of [100_003, 33].entries()) {
      const answer = await put(index + 1, asSent(requests[index]!, parts[index]!), {}, pieceBytes);
      expect(answer.status).toBe(200);
      sent.push({ bytes: parts[index]!, etag: answer.headers.get('etag') ?? '' });
    }
    const report = completeRequest(file, sent);
    const { placementId } = plan;
    expect(await completePlacement(ctx, { live, placementId, report })).toEqual({ outcome: 'stored' });
    const [{ key } = { key: '' }] = await placementsOf(ctx, live);
    const object = await ctx.media.get(key);
    expect(crc32Of(new Uint8Array(await object!.arrayBuffer()))).toBe(crc32Of(file));
  });

  it('is refused with a wrong trailer, other bytes, another form, or an early end', async () => {
    const { ctx, plan, live, parts, requests, put } = await start(file);
    const [, part] = parts;
    const [, request] = requests;
    const changed = part!.slice();
    changed[changed.length - 1]! ^= 1;
    const form = asSent(request!, part!);
    form[0] = 'f'.charCodeAt(0);
    const bodies = [
      asSent(request!, part!, 'AAAAAA=='),
      asSent(request!, changed, crc32Of(part!)),
      form,
      asSent(request!, part!).slice(0, -1),
    ];
    for (const body of bodies) {
      const answer = await put(2, body);
      expect([answer.status, await answer.json()]).toEqual([
        400,
        expect.objectContaining({ code: 'digest_mismatch' }),
      ]);
    }
    // R2 has no such part, so the upload cannot be completed with it.
    const first = await put(1, asSent(requests[0]!, parts[0]!));
    const sent = [
      { bytes: parts[0]!, etag: first.headers.get('etag') ?? '' },
      { bytes: part!, etag: '"none"' },
    ];
    const report = completeRequest(file, sent);
    expect(await completePlacement(ctx, { live, placementId: plan.placementId, report })).not.toEqual({
      outcome: 'stored',
    });
  });

  it('is refused when its two lengths do not belong together', async () => {
    const { parts, requests, put } = await start(file);
    const body = asSent(requests[1]!, parts[1]!);
    for (const changed of [
      { 'content-length': '70000' },
      { 'x-amz-decoded-content-length': '1' },
      { 'x-amz-decoded-content-length': 'x' },
    ]) {
      const answer = await put(2, body, changed);
      expect([answer.status, await answer.json()]).toEqual([
        400,
        expect.objectContaining({ code: 'invalid_request', field: 'Content-Length' }),
      ]);
    }
  });
});
