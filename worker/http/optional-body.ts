import type { MiddlewareHandler } from 'hono';

/**
 * For routes with an optional body. Some clients send `Content-Type: application/json` without a body; the header is
 * removed so that no validator expects one.
 */
export const optionalBody: MiddlewareHandler = async (c, next) => {
  const { body, headers } = c.req.raw;
  if (body === null || headers.get('content-length') === '0') {
    const rest = new Headers(headers);
    rest.delete('content-type');
    c.req.raw = new Request(c.req.raw, { headers: rest });
  }
  await next();
};
