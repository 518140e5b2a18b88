import type { MiddlewareHandler } from 'hono';
import { invalidFields } from '../errors.ts';

/**
 * Refuses a body whose bytes are not UTF-8, the only encoding of JSON, with AppError `invalid_request`. Otherwise its wrong
 * characters would be replaced, and a file would get another name than the client sent. Mount it behind `limitBody`.
 */
export const requireUtf8: MiddlewareHandler = async (c, next) => {
  const { body, headers } = c.req.raw;
  if (body !== null && headers.get('content-length') !== '0') {
    try {
      new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(await c.req.arrayBuffer());
    } catch {
      throw invalidFields([{ field: 'body', message: 'body must be JSON in UTF-8' }]);
    }
  }
  await next();
};
