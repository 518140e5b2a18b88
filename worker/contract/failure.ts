/** Failures: the form that downloaders send and rows store, and the form that clients read. Imports zod only. */
import { z } from 'zod';
import { CODES, CODE_NAMES, type Code } from './codes.ts';

/** Maximum length of `detail`, in characters. The sender truncates a longer one. */
const MAX_DETAIL_CHARACTERS = 300;

export const FailureCode = z.enum(CODE_NAMES);

/** `detail` adds facts to the message of the code ("HTTP 404"). It never contains secrets, URLs with queries, or bodies of other servers. */
export const Failure = z.strictObject({
  code: FailureCode,
  detail: z.string().max(MAX_DETAIL_CHARACTERS).optional(),
});
export type Failure = z.infer<typeof Failure>;

/** A failed job or placement in an answer. */
export const PublicFailure = z.strictObject({
  code: FailureCode.meta({
    description: 'The name of the error, for programs.',
    example: 'source_not_found',
  }),
  message: z.string().meta({
    description: 'What happened, for people.',
    example: 'The source reports that the file does not exist. (HTTP 404)',
  }),
  hint: z.string().meta({ description: 'What to do about it.', example: 'Check the URL.' }),
  retryable: z
    .boolean()
    .meta({ description: 'Whether another try may succeed without any change.', example: false }),
});
export type PublicFailure = z.infer<typeof PublicFailure>;

/** Builds a failure, and truncates its detail. */
export function failure(code: Code, detail?: string): Failure {
  return detail ? { code, detail: detail.slice(0, MAX_DETAIL_CHARACTERS) } : { code };
}

/** True when a new attempt may succeed without any change. */
export function isRetryable(code: Code): boolean {
  return CODES[code].retryable;
}

/** The failure with its message and hint. */
export function toPublicFailure({ code, detail }: Failure): PublicFailure {
  const { message, hint, retryable } = CODES[code];
  return { code, message: detail ? `${message} (${detail})` : message, hint, retryable };
}
