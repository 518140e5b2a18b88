/** Reads `Authorization: Bearer <token>` (RFC 6750). */

/** The token of the header; null when the header is missing or has another scheme. */
export function readBearer(header: string | undefined): string | null {
  return /^Bearer +([\x21-\x7e]+) *$/i.exec(header ?? '')?.[1] ?? null;
}
