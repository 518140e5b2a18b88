/** Keys for HMAC-SHA-256, imported once for each isolate. */
import { fromBase64 } from './base64.ts';

/** Node has no name for the type. */
type HmacKey = Awaited<ReturnType<typeof importKey>>;

/** Values and not promises: a request must not wait for work of another one. The configuration has one or two such keys. */
const imported = new Map<string, HmacKey>();

/** The key with these bytes, in base64. Importing takes longer than signing. */
export async function hmacKey(base64: string): Promise<HmacKey> {
  const known = imported.get(base64);
  if (known) return known;
  const key = await importKey(base64);
  imported.set(base64, key);
  return key;
}

function importKey(base64: string) {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  return crypto.subtle.importKey('raw', fromBase64(base64), algorithm, false, ['sign', 'verify']);
}
