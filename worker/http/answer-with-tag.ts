/** Answers with an ETag, for calls that clients repeat until something changes. */
import { etag, RETAINED_304_HEADERS } from 'hono/etag';
import { createMiddleware } from 'hono/factory';

/** A 304 keeps what lets a page of another origin read it. */
const KEPT = [...RETAINED_304_HEADERS, 'access-control-allow-origin', 'access-control-expose-headers'];
const tag = etag({ retainedHeaders: KEPT });

/**
 * Adds a strong ETag over the body to every answer that is not an error. A request whose `If-None-Match` has this ETag is
 * answered with 304 and no body. Browsers may keep the body, but ask every time whether it is still true.
 */
export const answerWithTag = createMiddleware(async (c, next) => {
  await tag(c, next);
  if (c.res.headers.has('ETag')) c.header('Cache-Control', 'private, no-cache');
});
