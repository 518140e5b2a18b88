/** CORS: a page of any origin may call the API with a key. */
import { cors } from 'hono/cors';
import { createMiddleware } from 'hono/factory';
import { METHODS } from './other-methods.ts';

/** Request headers that browsers send only after they have asked. Browsers do not accept `*` for Authorization. */
const REQUEST_HEADERS = [
  'Authorization',
  'Content-Type',
  'Idempotency-Key',
  'If-None-Match',
  'If-Range',
  'Last-Event-ID',
  'Prefer',
  'Range',
];
/** How long a browser may remember the answer to a preflight, in seconds. No browser remembers it for longer than a day. */
const PREFLIGHT_SECONDS = 24 * 3600;

/**
 * Lets pages of any origin read all answers and headers, except those of downloaders, and answers preflights, which never
 * have a key. The answer to a preflight is the same for every path, so it does not tell which paths exist. No origin gets
 * credentials mode: a browser adds nothing to a request that the page does not have.
 */
export function allowOrigins() {
  const answerPreflight = cors({
    origin: '*',
    allowMethods: METHODS,
    allowHeaders: REQUEST_HEADERS,
    maxAge: PREFLIGHT_SECONDS,
  });
  return createMiddleware(async (c, next) => {
    if (c.req.path.startsWith('/internal/')) return next();
    if (c.req.method === 'OPTIONS') {
      const isPreflight = c.req.header('Access-Control-Request-Method') !== undefined;
      return isPreflight ? answerPreflight(c, next) : next();
    }
    await next();
    c.header('Access-Control-Allow-Origin', '*');
    c.header('Access-Control-Expose-Headers', '*');
  });
}
