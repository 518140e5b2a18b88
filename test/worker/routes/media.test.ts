import { describe, expect, it } from 'vitest';
import { signMediaLink } from '../../../worker/storage/copies/media-link.ts';
import { makeApi } from '../support/make-api.ts';

const BYTES = new TextEncoder().encode('0123456789');

/** A stored file whose key has characters that are special in URLs, and its link. */
async function makeFile(name = 'a b #1 ü%2F?.mp4') {
  const api = await makeApi();
  const key = `${api.workspaceId}/job/1/${name}`;
  await api.ctx.media.put(key, BYTES, { httpMetadata: { contentType: 'video/mp4' } });
  return { ...api, key, link: await signMediaLink(api.ctx, { key, objectExpiresAt: null }) };
}

describe('GET /media/…', () => {
  it('serves the file without an API key, and never as a web page', async () => {
    const { anonymous, link } = await makeFile();
    const answer = await anonymous(link);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe('0123456789');
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'video/mp4',
      'content-length': '10',
      'accept-ranges': 'bytes',
      'content-security-policy': 'sandbox',
      'x-content-type-options': 'nosniff',
    });
  });

  it.each([
    ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=0-99', 206, '0123456789', 'bytes 0-9/10'],
    ['bytes=10-', 416, '', 'bytes */10'],
  ])('answers Range %s with %i', async (range, status, text, contentRange) => {
    const { anonymous, link } = await makeFile();
    const answer = await anonymous(link, { headers: { Range: range } });
    expect([answer.status, await answer.text(), answer.headers.get('Content-Range')]).toEqual([
      status,
      text,
      contentRange,
    ]);
  });

  it('answers HEAD with the same headers and no body', async () => {
    const { anonymous, link } = await makeFile();
    const answer = await anonymous(link, { method: 'HEAD' });
    expect([answer.status, answer.headers.get('Content-Length'), await answer.text()]).toEqual([
      200,
      '10',
      '',
    ]);
  });

  it('does not send a file that the client already has', async () => {
    const { anonymous, link } = await makeFile();
    const etag = (await anonymous(link, { method: 'HEAD' })).headers.get('ETag') ?? '';
    expect((await anonymous(link, { headers: { 'If-None-Match': etag } })).status).toBe(304);
  });

  it.each<[string, (link: string) => string]>([
    ['without a signature', (link) => link.replace(/\?.*/, '')],
    ['with a longer life', (link) => link.replace(/expires=\d/, 'expires=9')],
    ['of another file', (link) => link.replace('/job/1/', '/job/2/')],
    ['with another signature', (link) => link.replace(/signature=.*/, `signature=${'A'.repeat(43)}`)],
    ['with a broken escape', (link) => link.replace('/job/', '/%zz/')],
  ])('refuses a link %s', async (_name, change) => {
    const { anonymous, link } = await makeFile();
    const answer = await anonymous(change(link));
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ code: 'media_link_invalid' });
  });

  it('refuses an expired link, and reports a file that was deleted', async () => {
    const { ctx, anonymous, key, link } = await makeFile();
    await ctx.media.delete(key);
    expect(await (await anonymous(link)).json()).toMatchObject({ code: 'media_gone' });
    ctx.clock.advance(25 * 3600_000);
    expect(await (await anonymous(link)).json()).toMatchObject({ code: 'media_link_invalid' });
  });
});
