/** Attempt tokens: what a downloader shows to speak for one attempt of one job, and for nothing else. */
import type { Ctx } from '../context.ts';
import { AppError } from '../errors.ts';

export interface AttemptRef {
  jobId: string;
  attempt: number;
}

/** Keeps these signatures apart from whatever else the key signs. */
const DOMAIN = 'importly attempt token 1';
/** Beyond JOB_TIMEOUT_SECONDS a token is good for this long, so that the report of a timed out job still arrives. */
const SLACK_SECONDS = 600;
/** `jobId.attempt.expiry.signature`: uuid, decimal, decimal unix seconds, base64url of 32 bytes. */
const FORM = /^([0-9a-f-]{36})\.([1-9][0-9]{0,8})\.([1-9][0-9]{0,11})\.([\w-]{43})$/;

/** The bearer token of an attempt that begins now. */
export async function mintAttemptToken(ctx: Ctx, { jobId, attempt }: AttemptRef): Promise<string> {
  const expiresAtSeconds = Math.ceil(ctx.now() / 1000) + ctx.config.JOB_TIMEOUT_SECONDS + SLACK_SECONDS;
  const claims = `${jobId}.${attempt}.${expiresAtSeconds}`;
  const signature = await crypto.subtle.sign('HMAC', await importKey(ctx), signedBytes(claims));
  return `${claims}.${toBase64Url(signature)}`;
}

/** Whom the token speaks for. AppError `unauthorized` when it was not signed here, `stale` when its time is over. */
export async function readAttemptToken(ctx: Ctx, token: string): Promise<AttemptRef> {
  const [, jobId, attempt, expiry, signature] = FORM.exec(token) ?? [];
  if (!jobId || !attempt || !expiry || !signature) throw unauthorized();
  const claims = `${jobId}.${attempt}.${expiry}`;
  const key = await importKey(ctx);
  // WebCrypto compares in constant time.
  if (!(await crypto.subtle.verify('HMAC', key, fromBase64Url(signature), signedBytes(claims)))) {
    throw unauthorized();
  }
  if (ctx.now() > Number(expiry) * 1000) throw new AppError('stale');
  return { jobId, attempt: Number(attempt) };
}

function unauthorized(): AppError {
  return new AppError('unauthorized', 'The attempt token is not valid.');
}

function importKey(ctx: Ctx): Promise<CryptoKey> {
  const raw = Uint8Array.from(atob(ctx.config.ATTEMPT_TOKEN_KEY), (char) => char.charCodeAt(0));
  return crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
}

function signedBytes(claims: string): Uint8Array {
  return new TextEncoder().encode(`${DOMAIN}\n${claims}`);
}

function toBase64Url(bytes: ArrayBuffer): string {
  const base64 = btoa(String.fromCharCode(...new Uint8Array(bytes)));
  return base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function fromBase64Url(text: string): Uint8Array {
  const base64 = text.replaceAll('-', '+').replaceAll('_', '/');
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}
