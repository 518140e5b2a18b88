/** The answer of `GET /health`. */
import { z } from 'zod';

export const Health = z.strictObject({ ok: z.literal(true), version: z.string() }).meta({ id: 'Health' });
