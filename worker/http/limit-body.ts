import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { AppError } from '../errors.ts';

/** Refuses a body of more than `maxBytes` with AppError `request_too_large`, even if it does not declare its length. */
export function limitBody(maxBytes: number): MiddlewareHandler {
  const refuse = () => {
    throw new AppError(
      'request_too_large',
      `The body exceeds the limit of ${maxBytes.toLocaleString('en')} bytes.`,
    );
  };
  return bodyLimit({ maxSize: maxBytes, onError: refuse });
}
