/**
 * What a downloader writes to its disk about a running attempt. It proves to the Worker that the attempt ran in a process that is
 * gone, and allows nothing else: who reads it can end the attempt, but not act for it. Imports nothing.
 */

const DOMAIN = 'importly lost attempt 1';
/** A token of an attempt is `claims.signature`, and so is its proof. */
const FORM = /^(.{1,100})\.([\w-]{43})$/;

/** The proof that belongs to a token. */
export async function lostProof(token: string): Promise<string> {
  const [, claims, signature] = FORM.exec(token) ?? [];
  if (claims === undefined || signature === undefined) throw new Error('not the token of an attempt');
  const encoder = new TextEncoder();
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', encoder.encode(signature), algorithm, false, ['sign']);
  const proof = await crypto.subtle.sign('HMAC', key, encoder.encode(`${DOMAIN}\n${claims}`));
  return `${claims}.${toBase64Url(proof)}`;
}

/** The claims of a token or a proof; null for another text. */
export function claimsOf(text: string): string | null {
  return FORM.exec(text)?.[1] ?? null;
}

function toBase64Url(bytes: ArrayBuffer): string {
  const base64 = btoa(String.fromCharCode(...new Uint8Array(bytes)));
  return base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
