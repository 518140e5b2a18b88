import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { makeCtx, type TestCtx } from '../../support/make-ctx.ts';
import { isMediaLinkGood, mediaKeyOf, signMediaLink } from '../../../../worker/storage/copies/media-link.ts';
import { serveMedia, type MediaRequest } from '../../../../worker/storage/copies/serve-media.ts';
import { parseConfig } from '../../../../worker/config.ts';
import { crc32Of, MIB, someBytes } from '../../support/uploads.ts';

const code = (name: string) => expect.objectContaining({ code: name });
const HOUR_MS = 3600_000;
const KEY = 'w/j/1/Rick Astley - Never (ü) "Gonna" 50%.mp4';
const bytes = someBytes(1000);

async function partsOf(url: string) {
  const { pathname, searchParams } = new URL(url);
  return {
    key: mediaKeyOf(pathname)!,
    expires: searchParams.get('expires')!,
    signature: searchParams.get('signature')!,
  };
}

async function ask(ctx: TestCtx, values: Partial<MediaRequest> = {}, key = KEY): Promise<Response> {
  const link = await partsOf(await signMediaLink(ctx, { key, objectExpiresAt: null }));
  const request = { method: 'GET' as const, range: null, ifNoneMatch: null, ifRange: null };
  return serveMedia(ctx, { ...request, ...link, ...values });
}

async function store(
  contentType = 'video/mp4',
  content: Uint8Array<ArrayBuffer> = bytes,
  key = KEY,
): Promise<R2Object> {
  return env.MEDIA.put(key, content, { httpMetadata: { contentType } });
}

describe('media links', () => {
  it('lead to their key and are valid for a day', async () => {
    const ctx = makeCtx();
    const url = await signMediaLink(ctx, { key: KEY, objectExpiresAt: null });
    expect(url).toMatch(
      /^http:\/\/127\.0\.0\.1:8787\/media\/w\/j\/1\/Rick%20Astley[^ "?]+\.mp4\?expires=\d+&signature=[\w-]{43}$/,
    );
    const link = await partsOf(url);
    expect(link.key).toBe(KEY);
    expect(await isMediaLinkGood(ctx, link)).toBe(true);
    ctx.clock.advance(24 * HOUR_MS - 1000);
    expect(await isMediaLinkGood(ctx, link)).toBe(true);
    ctx.clock.advance(HOUR_MS + 1001);
    expect(await isMediaLinkGood(ctx, link)).toBe(false);
  });

  it('are the same for an hour', async () => {
    const ctx = makeCtx();
    ctx.clock.advance(1 + HOUR_MS - (ctx.now() % HOUR_MS));
    const sign = () => signMediaLink(ctx, { key: KEY, objectExpiresAt: null });
    const link = await sign();
    ctx.clock.advance(HOUR_MS - 1);
    expect(await sign()).toBe(link);
    ctx.clock.advance(1);
    expect(await sign()).not.toBe(link);
  });

  it('expire with their object', async () => {
    const ctx = makeCtx();
    const link = await partsOf(await signMediaLink(ctx, { key: KEY, objectExpiresAt: ctx.now() + HOUR_MS }));
    ctx.clock.advance(HOUR_MS + 1000);
    expect(await isMediaLinkGood(ctx, link)).toBe(false);
  });

  it('have the origin that the operator set for media', async () => {
    const ctx = makeCtx({ config: { ...parseConfig(env), MEDIA_URL: 'https://media.example' } });
    expect(await signMediaLink(ctx, { key: 'k', objectExpiresAt: null })).toMatch(
      /^https:\/\/media\.example\/media\/k\?/,
    );
  });

  it.each([
    ['another key', { key: 'w/other/1/a.mp4' }],
    ['another end', { expires: '99999999999' }],
    ['an end that is not a number', { expires: '1e20' }],
    ['another signature', { signature: 'A'.repeat(43) }],
    ['a short signature', { signature: 'AAAA' }],
    ['no signature', { signature: '' }],
  ])('with %s are refused', async (_, changed) => {
    await store();
    await expect(ask(makeCtx(), changed)).rejects.toThrow(code('media_link_invalid'));
  });

  it.each(['/media/', '/media/%', '/other/a', '/media/a%2'])('do not come from the path %s', (path) => {
    expect(mediaKeyOf(path)).toBeNull();
  });
});

describe('serving media', () => {
  it('returns the whole object, its size and its type, and headers that keep browsers from executing it', async () => {
    const { httpEtag } = await store();
    const answer = await ask(makeCtx());
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'video/mp4',
      'content-length': '1000',
      'accept-ranges': 'bytes',
      etag: httpEtag,
      'x-content-type-options': 'nosniff',
      'content-security-policy': 'sandbox',
      'access-control-allow-origin': '*',
      'content-disposition': `inline; filename="Rick Astley - Never (_) _Gonna_ 50_.mp4"; filename*=UTF-8''Rick%20Astley%20-%20Never%20%28%C3%BC%29%20%22Gonna%22%2050%25.mp4`,
    });
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(bytes);
  });

  it.each([
    ['bytes=0-0', 0, 0],
    ['bytes=10-19', 10, 19],
    ['bytes=990-', 990, 999],
    ['bytes=-10', 990, 999],
    ['bytes=5-99999', 5, 999],
  ])('gives %s', async (range, first, last) => {
    await store();
    const answer = await ask(makeCtx(), { range });
    expect(answer.status).toBe(206);
    expect(answer.headers.get('content-range')).toBe(`bytes ${first}-${last}/1000`);
    expect(answer.headers.get('content-length')).toBe(`${last - first + 1}`);
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(bytes.subarray(first, last + 1));
  });

  it.each(['bytes=1000-', 'bytes=9-5', 'bytes=-0', 'bytes=0-1,3-4'])(
    'answers %s with 416 and the size',
    async (range) => {
      await store();
      const answer = await ask(makeCtx(), { range });
      expect(answer.status).toBe(416);
      expect(answer.headers.get('content-range')).toBe('bytes */1000');
      expect(await answer.text()).toBe('');
    },
  );

  it('ignores a range for another version of the object', async () => {
    const { httpEtag } = await store();
    expect((await ask(makeCtx(), { range: 'bytes=0-1', ifRange: '"other"' })).status).toBe(200);
    expect((await ask(makeCtx(), { range: 'bytes=0-1', ifRange: httpEtag })).status).toBe(206);
  });

  it('answers HEAD without a body, and without a range', async () => {
    await store();
    const answer = await ask(makeCtx(), { method: 'HEAD', range: 'bytes=0-1' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-length')).toBe('1000');
    expect(answer.body).toBeNull();
  });

  it.each([(etag: string) => etag, (etag: string) => `"x", W/${etag}`, () => '*'])(
    'answers 304 if the client has the object',
    async (tags) => {
      const { httpEtag } = await store();
      const answer = await ask(makeCtx(), { ifNoneMatch: tags(httpEtag) });
      expect(answer.status).toBe(304);
      expect(answer.headers.get('etag')).toBe(httpEtag);
    },
  );

  it.each([
    ['video/webm', 'inline'],
    ['audio/mpeg', 'inline'],
    ['image/png', 'inline'],
    ['image/svg+xml', 'attachment'],
    ['text/html', 'attachment'],
    ['application/octet-stream', 'attachment'],
  ])('hands out %s as %s', async (contentType, disposition) => {
    await store(contentType);
    const answer = await ask(makeCtx());
    expect(answer.headers.get('content-disposition')).toMatch(new RegExp(`^${disposition}; `));
    await answer.body?.cancel();
  });

  it('reads a large object in slices without losing a byte', async () => {
    const large = someBytes(17 * MIB + 3);
    await store('video/mp4', large, 'w/j/1/large.mp4');
    const whole = await ask(makeCtx(), {}, 'w/j/1/large.mp4');
    expect(crc32Of(new Uint8Array(await whole.arrayBuffer()))).toBe(crc32Of(large));
    const part = await ask(makeCtx(), { range: `bytes=7-${16 * MIB}` }, 'w/j/1/large.mp4');
    expect(crc32Of(new Uint8Array(await part.arrayBuffer()))).toBe(crc32Of(large.subarray(7, 16 * MIB + 1)));
  });

  it('allows a client to disconnect in the middle', async () => {
    await store('video/mp4', someBytes(9 * MIB), 'w/j/1/left.mp4');
    const reader = (await ask(makeCtx(), {}, 'w/j/1/left.mp4')).body!.getReader();
    expect((await reader.read()).done).toBe(false);
    await expect(reader.cancel()).resolves.toBeUndefined();
  });

  it('reports a missing object', async () => {
    await env.MEDIA.delete(KEY);
    await expect(ask(makeCtx())).rejects.toThrow(code('media_gone'));
  });
});
