/** Content codings of HTTP answers. Pure. */

/** Codings that change the bytes (RFC 9110 §8.4.1, RFC 8878), with the old names of two of them. */
const CODINGS = new Set(['gzip', 'x-gzip', 'deflate', 'br', 'zstd', 'compress', 'x-compress']);

/**
 * The first coding in a Content-Encoding header that changes the bytes, or null. Servers and buckets also send words here
 * that change nothing: `aws-chunked` of an upload, a charset, `none`, `binary`, or `identity` several times. Any other
 * character separates names, since programs differ in what they trim.
 */
export function contentCoding(header: string | undefined): string | null {
  const names = (header ?? '').toLowerCase().match(/[\w-]+/g) ?? [];
  return names.find((name) => CODINGS.has(name)) ?? null;
}
