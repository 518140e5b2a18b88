import type { z } from 'zod';
import type { Context } from 'hono';
import { invalidFields } from '../errors.ts';
import { toInvalidRequest } from './invalid-request.ts';

/** The body of a request, parsed with a schema. AppError `invalid_request` names the wrong fields. */
export async function readJson<Schema extends z.ZodType>(
  c: Context,
  schema: Schema,
): Promise<z.output<Schema>> {
  const result = schema.safeParse(await parseBody(c));
  if (!result.success) throw toInvalidRequest(result.error);
  return result.data;
}

async function parseBody(c: Context): Promise<unknown> {
  try {
    return await c.req.json();
  } catch {
    throw invalidFields([{ field: 'body', message: 'body is not well-formed JSON' }]);
  }
}
