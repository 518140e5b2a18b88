/** Answers with an ETag, for calls that clients repeat until something changes. */
import type { Context } from 'hono';
import { etag } from 'hono/etag';
import { createMiddleware } from 'hono/factory';
import { sha256Hex } from '../sha256.ts';

/** Answers with 304 where the tag of `tagAnswer` is the one that the client knows. */
const compareTags = etag();

/**
 * For routes whose answers have a tag: a request whose `If-None-Match` has it is answered with 304 and no body. Browsers may
 * keep the body, but ask every time whether it is still true.
 */
export const answerWithTag = createMiddleware(async (c, next) => {
  await compareTags(c, next);
  if (c.res.headers.has('ETag')) c.header('Cache-Control', 'private, no-cache');
});

/** The same body, after it has set its strong ETag. The middleware alone would copy and read the whole answer again. */
export async function tagAnswer<Body extends object>(c: Context, body: Body): Promise<Body> {
  c.header('ETag', `"${await sha256Hex(JSON.stringify(body))}"`);
  return body;
}
