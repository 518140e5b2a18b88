/** Headers that requests of the API, and answers to them, may have. */
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

/** For a status that clients poll. */
export const ConditionalHeaders = z.object({
  'If-None-Match': z.string().optional().meta({
    description: 'The ETag of an earlier answer. If the answer is still the same, its status is 304.',
  }),
});

/** Of the answers to such a request. */
export const TagHeaders = z.object({ ETag: z.string().meta({ description: 'Differs for each body.' }) });

/** For every call that starts a job. */
export const WaitHeaders = z.object({
  Prefer: z.string().optional().meta({
    description:
      '`wait=N` waits up to N seconds, at most 60, for the job to end. If it does, the answer is the job, else the same as without the header. The answer has `Preference-Applied`.',
    example: 'wait=30',
  }),
});

/** For every POST that starts a job. */
export const StartHeaders = IdempotencyHeaders.extend(WaitHeaders.shape);
