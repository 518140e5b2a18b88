/** Signs what is sent to a downloader; it holds the public key only. */
import { fromBase64, toBase64 } from '../contract/encoding/base64.ts';
import { dispatchBytes, SIGNATURE_HEADER, TIMESTAMP_HEADER } from '../contract/downloader/signature.ts';

/** Reads DISPATCH_PRIVATE_KEY: Ed25519, PKCS #8, base64. Throws when it is not one. */
export function importPrivateKey(base64: string, extractable = false): Promise<CryptoKey> {
  const pkcs8 = fromBase64(base64);
  return crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', extractable, ['sign']);
}

/** Headers that prove to the downloader who asks, and for what: timestamp (unix seconds) and signature (base64). */
export async function signatureHeaders(
  key: CryptoKey,
  { nowMs, method, path, body }: { nowMs: number; method: string; path: string; body: string },
): Promise<Record<string, string>> {
  const timestamp = String(Math.floor(nowMs / 1000));
  const signature = await crypto.subtle.sign('Ed25519', key, dispatchBytes(timestamp, method, path, body));
  return {
    [TIMESTAMP_HEADER]: timestamp,
    [SIGNATURE_HEADER]: toBase64(new Uint8Array(signature)),
  };
}

/** The public half as a downloader takes it: SPKI, base64. */
export async function publicKeyOf(privateKey: string): Promise<string> {
  const jwk = (await crypto.subtle.exportKey('jwk', await importPrivateKey(privateKey, true))) as JsonWebKey;
  const { kty, crv, x } = jwk;
  if (kty === undefined || crv === undefined || x === undefined) {
    throw new Error('DISPATCH_PRIVATE_KEY is no Ed25519 key');
  }
  const key = await crypto.subtle.importKey('jwk', { kty, crv, x }, 'Ed25519', true, ['verify']);
  const spki = (await crypto.subtle.exportKey('spki', key)) as ArrayBuffer;
  return toBase64(new Uint8Array(spki));
}
