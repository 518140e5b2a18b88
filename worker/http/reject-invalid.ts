import type { z } from 'zod';
import { toInvalidRequest } from './invalid-request.ts';

/** What zod-openapi hands to a hook, as far as it matters here. */
type Validation = { success: true } | { success: false; error: z.core.$ZodError };

/**
 * A hook for routes: throws AppError `invalid_request` for what the schema refused. With the schema of the body, a
 * mistyped field is told its nearest neighbour.
 */
export function rejectInvalid(body?: z.ZodObject): (result: Validation) => undefined {
  const knownFields = Object.keys(body?.shape ?? {});
  return (result) => {
    if (!result.success) throw toInvalidRequest(result.error, knownFields);
    return undefined;
  };
}
