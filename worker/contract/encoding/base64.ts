/** Base64 of bytes, in the standard and in the URL-safe alphabet (RFC 4648). Node has no `Uint8Array.toBase64` yet, and scripts use this too. */

/** Standard alphabet, with padding. */
export function toBase64(bytes: Uint8Array): string {
  let characters = '';
  for (const byte of bytes) characters += String.fromCharCode(byte);
  return btoa(characters);
}

/** URL-safe alphabet, without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** Reads both alphabets. Throws for text that is not base64. */
export function fromBase64(text: string): Uint8Array {
  const characters = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = new Uint8Array(characters.length);
  // Many times as fast as `Uint8Array.from` with a function.
  for (let index = 0; index < bytes.length; index += 1) bytes[index] = characters.charCodeAt(index);
  return bytes;
}
