/** A downloader without an inbound port fetches its jobs: `POST /internal/claim` with the token of its fleet member. */
import { z } from 'zod';
import type { JobKind } from '../job.ts';

/**
 * `capacity` is the number of jobs that the downloader runs at once, `kinds` are the kinds of job that it knows. A Worker of an
 * earlier version refuses `kinds`: then the downloader repeats the request without it.
 */
export const ClaimRequest = z.strictObject({
  capacity: z.number().int().min(1).max(100),
  kinds: z.array(z.string().max(50)).max(50).optional(),
});
export type ClaimRequest = z.infer<typeof ClaimRequest>;

/**
 * A downloader that ends a job can take another one in its place: `next` of a final report. Other members are ignored, as in the report.
 */
export const NextRequest = z.object({
  capacity: z.number().int().min(1).max(100),
  kinds: z.array(z.string().max(50)).max(50),
});
export type NextRequest = z.infer<typeof NextRequest>;

/** What a downloader runs that does not send `kinds`: those of the first version. */
export const KINDS_OF_OLD_DOWNLOADERS: readonly JobKind[] = ['import', 'store'];

/** A dispatch as it would have been sent: the exact body of `POST /jobs`, and the headers that sign it. */
export const SignedCommand = z.strictObject({
  body: z.string(),
  timestamp: z.string(),
  signature: z.string(),
});
export type SignedCommand = z.infer<typeof SignedCommand>;

/** Null: nothing was due while the call waited. */
export const ClaimAnswer = z.strictObject({ dispatch: SignedCommand.nullable() });
export type ClaimAnswer = z.infer<typeof ClaimAnswer>;
