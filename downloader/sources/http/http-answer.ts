/** Reads status and headers of an answer of a source. Pure. */
import { JobFailure } from '../../job-failure.ts';

export interface ContentRange {
  start: number;
  /** The last byte, inclusive, as in the header. */
  end: number;
  totalBytes: number;
}

/** `bytes 0-99/100`; null for anything else, including an unknown total. */
export function parseContentRange(header: string | undefined): ContentRange | null {
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(header?.trim() ?? '');
  if (!match) return null;
  const [start, end, totalBytes] = match.slice(1).map(Number) as [number, number, number];
  return start <= end && end < totalBytes ? { start, end, totalBytes } : null;
}

/** The validator for If-Range: a strong ETag, else Last-Modified (RFC 9110 §13.1.5), else null. */
export function validatorOf(headers: Map<string, string>): string | null {
  const etag = headers.get('etag')?.trim();
  if (etag && /^"[^"]*"$/.test(etag)) return etag;
  return headers.get('last-modified')?.trim() || null;
}

/** Content-Length in bytes, or null. */
export function contentLength(headers: Map<string, string>): number | null {
  const text = headers.get('content-length')?.trim() ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/** The failure for a status; null for 200, 203 and 206, which bring the file. */
export function failureOfStatus(status: number): JobFailure | null {
  const detail = `HTTP ${status}`;
  if (status === 200 || status === 203 || status === 206) return null;
  if (status === 204 || status === 205) return new JobFailure('source_empty', detail);
  if (status === 404 || status === 410) return new JobFailure('source_not_found', detail);
  if (status === 401 || status === 403) return new JobFailure('source_forbidden', detail);
  if (status === 429) return new JobFailure('source_rate_limited', detail);
  if (status === 408) return new JobFailure('source_timeout', detail);
  if (status >= 500) return new JobFailure('source_unavailable', detail);
  return new JobFailure('source_rejected', detail);
}
