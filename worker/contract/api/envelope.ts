/** The envelope of every answer: `success` with data, or an error with its code. */
import { z } from 'zod';
import type { Code } from '../codes.ts';

/** `{"success": true, "data": …}`. */
export function successBody<Data extends z.ZodType>(data: Data) {
  return z.strictObject({
    success: z.literal(true).meta({ description: 'True for every answer that is not an error.' }),
    data,
  });
}

/** An invalid field of a request. `field` is a path such as `sse.type`, or `body` for the whole body. */
export const FieldProblem = z.strictObject({
  field: z
    .string()
    .meta({ description: 'Where the field is, such as `sse.type`, or `body` for the whole body.' }),
  message: z.string().meta({ description: 'What is wrong with it.' }),
});
export type FieldProblem = z.infer<typeof FieldProblem>;

/** Importly's clients know the first three members; the others are additions of this service. */
const errorShape = {
  success: z.literal(false).meta({ description: 'False for every error.' }),
  error: z.string().meta({ description: 'The message for a person.' }),
  retryable: z.boolean().meta({ description: 'Whether the same request may succeed later.' }),
  hint: z.string().meta({ description: 'What to do about it.' }),
  requestId: z.string().meta({ description: 'Also in the header X-Request-Id.' }),
  field: z.string().optional().meta({ description: 'The first invalid field of the request.' }),
  fields: z.array(FieldProblem).optional().meta({ description: 'All invalid fields of the request.' }),
};

/** Further members of answers with status 429, which Importly's clients know. */
const limitShape = {
  endpoint: z.string().meta({ description: 'The path of the request.' }),
  limit: z.number().int().optional().meta({ description: 'Requests in one window.' }),
  remaining: z.number().int().optional().meta({ description: 'Requests that are left in this window.' }),
  reset: z.number().int().optional().meta({ description: 'When the window ends, in unix milliseconds.' }),
  concurrentLimit: z
    .number()
    .int()
    .optional()
    .meta({ description: 'Imports that may be unfinished at the same time.' }),
  currentConcurrent: z.number().int().optional().meta({ description: 'Imports that are unfinished now.' }),
  retryAfter: z.number().int().optional().meta({ description: 'Seconds until then.' }),
};

/** Further members of answers with status 402. */
const balanceShape = {
  balanceInMicrodollars: z.number().int().meta({ description: 'Negative when more was spent than paid.' }),
  missingInMicrodollars: z.number().int().meta({
    description: 'What the balance needs at least. An import whose size is not known yet needs any balance.',
  }),
};

/** The body of an answer that carries one of these codes. */
export function errorBodySchema(codes: readonly [Code, ...Code[]]) {
  return z.strictObject({
    ...errorShape,
    code: z.enum(codes).meta({ description: 'The name of the error, for programs.' }),
  });
}

/** The same for codes with status 429. */
export function limitBodySchema(codes: readonly [Code, ...Code[]]) {
  return errorBodySchema(codes).extend(limitShape);
}

/** The same for codes with status 402. */
export function balanceBodySchema(codes: readonly [Code, ...Code[]]) {
  return errorBodySchema(codes).extend(balanceShape);
}
