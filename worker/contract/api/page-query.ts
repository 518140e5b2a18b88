/** Parameters of calls that answer with a page of a list. */
import { z } from 'zod';

const MAX_LIMIT = 100;
const DEFAULT_LIMIT = 20;

/** The most entries of a page. */
export const pageLimit = z
  .string()
  .regex(/^[1-9]\d{0,2}$/, 'limit must be a whole number from 1 to 100')
  .transform(Number)
  .refine((limit) => limit <= MAX_LIMIT, `limit must not be more than ${MAX_LIMIT}`)
  .default(DEFAULT_LIMIT)
  .meta({ type: 'integer', minimum: 1, maximum: MAX_LIMIT, description: 'The most entries of a page.' });

/** Where a page starts. */
export const pageCursor = z
  .string()
  .max(500)
  .optional()
  .meta({ description: '`nextCursor` of the page before, which had the same filters.' });
