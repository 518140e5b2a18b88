/** Keys for HMAC-SHA-256, imported once for each isolate. */
import { fromBase64 } from './base64.ts';

/** Values and not promises: a request must not wait for work of another one. The configuration has one or two such keys. */
const imported = new Map<string, CryptoKey>();

/** The key with these bytes, in base64. Importing takes longer than signing. */
export async function hmacKey(base64: string): Promise<CryptoKey> {
  const known = imported.get(base64);
  if (known) return known;
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const usages = ['sign', 'verify'];
  const key = await crypto.subtle.importKey('raw', fromBase64(base64), algorithm, false, usages);
  imported.set(base64, key);
  return key;
}
