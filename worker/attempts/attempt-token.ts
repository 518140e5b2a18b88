/** Attempt tokens: bearer tokens of downloaders, each valid for one attempt of one job. */
import type { Ctx } from '../context.ts';
import { claimsOf, lostProof } from '../contract/downloader/lost-proof.ts';
import { AppError } from '../errors.ts';
import { sha256Hex } from '../sha256.ts';
import { isSigned, signText } from './signed-text.ts';

export interface AttemptRef {
  jobId: string;
  attempt: number;
}

/** Distinguishes these signatures from others by the same key. */
const DOMAIN = 'importly attempt token 1';
/** Lifetime of a token beyond JOB_TIMEOUT_SECONDS, so that a job that timed out can still be reported. */
const SLACK_SECONDS = 600;
/** `jobId.attempt.expiry.signature`: uuid, decimal, decimal unix seconds, base64url of 32 bytes. */
const FORM = /^([0-9a-f-]{36})\.([1-9][0-9]{0,8})\.([1-9][0-9]{0,11})\.([\w-]{43})$/;

/** The token of an attempt that starts now. */
export async function mintAttemptToken(ctx: Ctx, { jobId, attempt }: AttemptRef): Promise<string> {
  const expiresAtSeconds = Math.ceil(ctx.now() / 1000) + ctx.config.JOB_TIMEOUT_SECONDS + SLACK_SECONDS;
  return signClaims(ctx, `${jobId}.${attempt}.${expiresAtSeconds}`);
}

async function signClaims(ctx: Ctx, claims: string): Promise<string> {
  return `${claims}.${await signText(ctx, { domain: DOMAIN, text: claims })}`;
}

/** The attempt that a proof of its loss is about; null when the proof is wrong or has expired. */
export async function readLostProof(ctx: Ctx, proof: string): Promise<AttemptRef | null> {
  const [, jobId, attempt, expiry] = FORM.exec(proof) ?? [];
  const claims = claimsOf(proof);
  if (!jobId || !attempt || !expiry || !claims || ctx.now() > Number(expiry) * 1000) return null;
  const expected = await sha256Hex(await lostProof(await signClaims(ctx, claims)));
  // Digests are compared, so the time tells nothing about the proof.
  return (await sha256Hex(proof)) === expected ? { jobId, attempt: Number(attempt) } : null;
}

/** The attempt that the token was issued for. AppError `unauthorized` when its signature is wrong, `stale` when it has expired. */
export async function readAttemptToken(ctx: Ctx, token: string): Promise<AttemptRef> {
  const [, jobId, attempt, expiry, signature] = FORM.exec(token) ?? [];
  if (!jobId || !attempt || !expiry || !signature) throw unauthorized();
  const claims = `${jobId}.${attempt}.${expiry}`;
  if (!(await isSigned(ctx, { domain: DOMAIN, text: claims, signature }))) throw unauthorized();
  if (ctx.now() > Number(expiry) * 1000) throw new AppError('stale');
  return { jobId, attempt: Number(attempt) };
}

function unauthorized(): AppError {
  return new AppError('unauthorized', 'The attempt token is not valid.');
}
