/** Texts that this Worker signs for itself, with an HMAC under `ATTEMPT_TOKEN_KEY`: attempt tokens and grants. */
import type { Ctx } from '../context.ts';
import { fromBase64, toBase64Url } from '../contract/encoding/base64.ts';
import { hmacKey } from '../contract/encoding/hmac-key.ts';

interface SignedText {
  /** Distinguishes these signatures from others by the same key. */
  domain: string;
  text: string;
}

/** The signature of a text: 43 characters of base64url. */
export async function signText(ctx: Pick<Ctx, 'config'>, { domain, text }: SignedText): Promise<string> {
  const signature = await crypto.subtle.sign(
    'HMAC',
    await hmacKey(ctx.config.ATTEMPT_TOKEN_KEY),
    signedBytes(domain, text),
  );
  return toBase64Url(new Uint8Array(signature));
}

/** Whether the text has this signature. WebCrypto compares in constant time. */
export async function isSigned(
  ctx: Pick<Ctx, 'config'>,
  { domain, text, signature }: SignedText & { signature: string },
): Promise<boolean> {
  const key = await hmacKey(ctx.config.ATTEMPT_TOKEN_KEY);
  return crypto.subtle.verify('HMAC', key, fromBase64(signature), signedBytes(domain, text));
}

function signedBytes(domain: string, text: string): Uint8Array {
  return new TextEncoder().encode(`${domain}\n${text}`);
}
