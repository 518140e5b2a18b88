import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { AppError } from '../errors.ts';

/** Refuses bodies of more than `maxBytes` with AppError `request_too_large`, also those that do not declare their length. */
export function limitBody(maxBytes: number): MiddlewareHandler {
  const refuse = () => {
    throw new AppError('request_too_large', `The body may have at most ${maxBytes} bytes.`);
  };
  return bodyLimit({ maxSize: maxBytes, onError: refuse });
}
