/** The one shape of an error answer, as a schema and as a value. */
import { z } from '@hono/zod-openapi';
import { CODES, type Code } from '../contract/codes.ts';
import { AppError } from '../errors.ts';

/** One wrong field of a request; `field` is a path like `storagePath`, or `body` for the whole of it. */
export const FieldProblem = z.strictObject({ field: z.string(), message: z.string() });
export type FieldProblem = z.infer<typeof FieldProblem>;

/** The first three members are those that Importly's clients know; the rest is ours. */
const errorShape = {
  success: z.literal(false),
  error: z.string().meta({ description: 'The sentence for a person.' }),
  retryable: z.boolean().meta({ description: 'Whether the same request may succeed later.' }),
  hint: z.string().meta({ description: 'What to do about it.' }),
  requestId: z.string().meta({ description: 'Also in the header X-Request-Id.' }),
  field: z.string().optional().meta({ description: 'The first wrong field of the request.' }),
  fields: z.array(FieldProblem).optional().meta({ description: 'Every wrong field of the request.' }),
};

/** The body of an answer that carries one of these codes. */
export function errorBodySchema(codes: readonly [Code, ...Code[]]) {
  return z.strictObject({ ...errorShape, code: z.enum(codes) });
}

/** The error as it goes out: the envelope first, and never overwritten by fields of the error. */
export function errorBody(error: AppError, requestId: string): Record<string, unknown> {
  const { hint, retryable } = CODES[error.code];
  const envelope = { success: false, error: error.message, code: error.code, retryable, hint, requestId };
  return { ...envelope, ...error.fields, ...envelope };
}

/** A request that is wrong in these fields, of which there is at least one. */
export function invalidFields(problems: [FieldProblem, ...FieldProblem[]]): AppError {
  const sentence = problems.map(({ message }) => message).join('; ');
  return new AppError('invalid_request', sentence, { field: problems[0].field, fields: problems });
}
