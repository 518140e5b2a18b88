/** Tokens of links that work once. Does not depend on HTTP or the platform, because scripts use it too. */
import { toBase64Url } from '../../contract/encoding/base64.ts';
import { sha256Hex } from '../../sha256.ts';

/** 256 bits cannot be guessed, so a fast hash is enough for the stored form. */
const RANDOM_BYTES = 32;
const FORM = /^[\w-]{43}$/;

/** A token that is not stored yet, and the hash under which it is. */
export interface LinkToken {
  token: string;
  tokenHash: string;
}

/** A new random token. */
export async function makeLinkToken(): Promise<LinkToken> {
  const bytes = crypto.getRandomValues(new Uint8Array(RANDOM_BYTES));
  const token = toBase64Url(bytes);
  return { token, tokenHash: await sha256Hex(token) };
}

/** The hash under which a token is stored; null for a text that cannot be one. */
export async function hashLinkToken(token: string): Promise<string | null> {
  return FORM.test(token) ? sha256Hex(token) : null;
}
