import type { MiddlewareHandler } from 'hono';

/**
 * For routes whose body may be left out. Clients name a JSON body out of habit even when they send none: without its
 * type nobody looks for it.
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
