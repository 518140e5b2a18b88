import { toHex } from './contract/encoding/hex.ts';

/** SHA-256 of a text in hexadecimal, as payload hashes have it. */
export async function sha256Hex(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return toHex(new Uint8Array(digest));
}
