/** Headers that requests of the API may have. */
import { z } from 'zod';

/** For every POST that makes something. */
export const IdempotencyHeaders = z.object({
  'Idempotency-Key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'Idempotency-Key must be 1 to 255 visible ASCII characters')
    .optional()
    .meta({
      description:
        'A value of your choice, such as a UUID, that makes it safe to repeat the request. For 24 hours, a request with the same key, path and body gets the same answer and makes nothing new.',
      example: '5f0c3a0e-8e21-4f6e-9d3c-0b5d2c7a1e44',
    }),
});
