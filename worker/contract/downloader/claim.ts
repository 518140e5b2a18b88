/** A downloader without an inbound port fetches its jobs: `POST /internal/claim` with the token of its fleet member. */
import { z } from 'zod';

/** `capacity` is the number of jobs that the downloader runs at once. */
export const ClaimRequest = z.strictObject({ capacity: z.number().int().min(1).max(100) });
export type ClaimRequest = z.infer<typeof ClaimRequest>;

/** A dispatch as it would have been sent: the exact body of `POST /jobs`, and the headers that sign it. */
const SignedCommand = z.strictObject({ body: z.string(), timestamp: z.string(), signature: z.string() });
export type SignedCommand = z.infer<typeof SignedCommand>;

/** Null: nothing was due while the call waited. */
export const ClaimAnswer = z.strictObject({ dispatch: SignedCommand.nullable() });
export type ClaimAnswer = z.infer<typeof ClaimAnswer>;
