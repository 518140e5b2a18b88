/** Answers to methods that a path does not have. */
import type { Handler } from 'hono';
import { AppError } from '../errors.ts';

/** The methods that clients may send to the service, in the order in which `Allow` lists them. */
export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/**
 * The handler behind all routes of a path, given their methods. OPTIONS is answered with the methods in `Allow`, any other
 * method with AppError `method_not_allowed` and the same header.
 */
export function answerOtherMethods(methods: readonly string[]): Handler {
  // Hono answers HEAD with the handler of GET.
  const has = (method: string) => methods.includes(method === 'HEAD' ? 'GET' : method);
  const allowed = [...METHODS.filter(has), 'OPTIONS'].join(', ');
  return (c) => {
    c.header('Allow', allowed);
    if (c.req.method === 'OPTIONS') return c.body(null, 204);
    throw new AppError('method_not_allowed', `This path has the methods ${allowed}.`);
  };
}
