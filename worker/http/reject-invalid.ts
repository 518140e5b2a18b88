import type { z } from 'zod';
import { toInvalidRequest } from './invalid-request.ts';

/** The part of zod-openapi's hook argument that is used here. */
type Validation = { success: true } | { success: false; error: z.core.$ZodError };

/**
 * A hook for routes that throws AppError `invalid_request` when the schema rejects a request. With the schema of the
 * body, the error suggests a name for a mistyped field.
 */
export function rejectInvalid(body?: z.ZodObject): (result: Validation) => undefined {
  const knownFields = Object.keys(body?.shape ?? {});
  return (result) => {
    if (!result.success) throw toInvalidRequest(result.error, knownFields);
    return undefined;
  };
}
