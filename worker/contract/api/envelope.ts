/** The envelope of every answer: `success` with data, or an error with its code. */
import { z } from 'zod';
import type { Code } from '../codes.ts';

/** `{"success": true, "data": …}`. */
export function successBody<Data extends z.ZodType>(data: Data) {
  return z.strictObject({ success: z.literal(true), data });
}

/** An invalid field of a request. `field` is a path such as `sse.type`, or `body` for the whole body. */
export const FieldProblem = z.strictObject({ field: z.string(), message: z.string() });
export type FieldProblem = z.infer<typeof FieldProblem>;

/** Importly's clients know the first three members; the others are additions of this service. */
const errorShape = {
  success: z.literal(false),
  error: z.string().meta({ description: 'The message for a person.' }),
  retryable: z.boolean().meta({ description: 'Whether the same request may succeed later.' }),
  hint: z.string().meta({ description: 'What to do about it.' }),
  requestId: z.string().meta({ description: 'Also in the header X-Request-Id.' }),
  field: z.string().optional().meta({ description: 'The first invalid field of the request.' }),
  fields: z.array(FieldProblem).optional().meta({ description: 'All invalid fields of the request.' }),
};

/** The body of an answer that carries one of these codes. */
export function errorBodySchema(codes: readonly [Code, ...Code[]]) {
  return z.strictObject({ ...errorShape, code: z.enum(codes) });
}
