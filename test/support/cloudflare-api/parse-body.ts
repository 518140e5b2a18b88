/** Bodies are held to a schema that knows every field: what it does not know is refused and named. */
import type { z } from 'zod';
import { ApiRefusal, type Call } from './call.ts';

/** The JSON body of a call; throws a 400 that names what the schema does not have. */
export function parseBody<T>(call: Call, schema: z.ZodType<T>): T {
  return parseValue(call.json, schema);
}

/** The same for a value that came some other way, such as the metadata of an upload. */
export function parseValue<T>(value: unknown, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new ApiRefusal(400, 10_001, `the stand-in does not know this body: ${issues.join('; ')}`);
}
