import type { Ctx } from '../../context.ts';
import type { SignedRequest } from '../../contract/downloader/upload-plan.ts';
import { AppError } from '../../errors.ts';
import { readBounded } from './client.ts';
import { s3Error } from './error.ts';

/** The answer of a storage to a signed request. */
export type SignedOutcome = { etag: string } | { error: AppError; isTransient: boolean };

/** Sends a signed request once, without credentials, as the downloader does. */
export async function sendSigned(
  ctx: Ctx,
  { method, url, headers }: SignedRequest,
  body: Uint8Array<ArrayBuffer>,
): Promise<SignedOutcome> {
  let status: number;
  let answer: { headers: Headers; body: string };
  try {
    const response = await ctx.fetch(url, { method, headers, body, redirect: 'manual' });
    status = response.status;
    answer = { headers: response.headers, body: await readBounded(response) };
  } catch {
    return { error: new AppError('storage_unreachable'), isTransient: true };
  }
  const refused = s3Error(status, answer.headers, answer.body);
  if (refused) return refused;
  return { etag: answer.headers.get('etag') ?? '' };
}
