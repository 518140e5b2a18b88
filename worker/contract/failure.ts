/** A failure of a job as it travels from the downloader and is stored. Imports zod only. */
import { z } from 'zod';
import { CODES, CODE_NAMES, type Code } from './codes.ts';

/** Longest `detail` that is kept, in characters; longer ones are cut by the sender. */
const MAX_DETAIL_CHARACTERS = 300;

export const FailureCode = z.enum(CODE_NAMES);

/** `detail` adds facts to the code's sentence ("HTTP 404"); never secrets, URLs with queries, or foreign bodies. */
export const Failure = z.strictObject({
  code: FailureCode,
  detail: z.string().max(MAX_DETAIL_CHARACTERS).optional(),
});
export type Failure = z.infer<typeof Failure>;

/** What a client reads of a failed job, a failed placement or an API error. */
export const PublicFailure = z.strictObject({
  code: FailureCode,
  message: z.string(),
  hint: z.string(),
  retryable: z.boolean(),
});
export type PublicFailure = z.infer<typeof PublicFailure>;

/** Builds a failure whose detail fits the wire. */
export function failure(code: Code, detail?: string): Failure {
  return detail ? { code, detail: detail.slice(0, MAX_DETAIL_CHARACTERS) } : { code };
}

/** True when a new attempt may succeed without anybody changing anything. */
export function isRetryable(code: Code): boolean {
  return CODES[code].retryable;
}

/** The failure in words for a person. */
export function toPublicFailure({ code, detail }: Failure): PublicFailure {
  const { message, hint, retryable } = CODES[code];
  return { code, message: detail ? `${message} (${detail})` : message, hint, retryable };
}
