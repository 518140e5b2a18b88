/** Names of objects: what a request, a title and an extension become as a key. Pure. */
import { invalidFields } from '../http/error-body.ts';

/** S3's limit for a key, in bytes of UTF-8, prefix included (AWS, object keys). */
export const MAX_KEY_BYTES = 1024;
/** Longest name made from a title, in bytes: what a file system takes, so that servers which store files take it too. */
const MAX_TITLE_NAME_BYTES = 255;
/** Room that a path must leave: a slash, a job id, a dot and the longest extension. */
const MIN_NAME_BYTES = 1 + 36 + 1 + 10;

const utf8 = new TextEncoder();

export interface KeyParts {
  jobId: string;
  title: string;
  /** Without a dot, of the file that was really stored. */
  extension: string;
  storagePath?: string | undefined;
  storageFilename?: string | undefined;
  defaultPathPrefix?: string | null | undefined;
}

/**
 * The key in a customer's bucket: `storagePath`, else the default prefix, else the root; then `storageFilename` or the
 * title, then the extension. AppError `invalid_request` for a path that climbs or leaves no room for a name.
 */
export function customerKey(parts: KeyParts): string {
  const { storagePath, storageFilename, defaultPathPrefix, title } = parts;
  const path =
    storagePath === undefined
      ? cleanPath(defaultPathPrefix ?? '', 'defaultPathPrefix')
      : cleanPath(storagePath, 'storagePath');
  const prefix = path === '' ? '' : `${path}/`;
  const room = MAX_KEY_BYTES - utf8.encode(prefix).length;
  const isNamed = storageFilename !== undefined;
  const maxBytes = isNamed ? room : Math.min(room, MAX_TITLE_NAME_BYTES);
  return prefix + fileName({ ...parts, name: storageFilename ?? title, maxBytes });
}

/** The key in service storage. Each attempt, and each further upload of it (`upload` > 0), has its own. */
export function serviceKey(
  parts: KeyParts & { workspaceId: string; attempt: number; upload: number },
): string {
  const { workspaceId, jobId, attempt, upload, title } = parts;
  const folder = upload === 0 ? `${attempt}` : `${attempt}/${upload}`;
  return `${workspaceId}/${jobId}/${folder}/${fileName({ ...parts, name: title, maxBytes: MAX_TITLE_NAME_BYTES })}`;
}

/**
 * A folder path as keys have it: NFC, without control characters, empty segments, leading or trailing slashes.
 * AppError `invalid_request` for `.` and `..` segments, however they are encoded, and for a path too long for a key;
 * `field` is what the error names.
 */
export function cleanPath(path: string, field: 'storagePath' | 'defaultPathPrefix'): string {
  const segments = stripControls(path)
    .split('/')
    .filter((segment) => segment !== '');
  if (segments.some(isDotSegment)) {
    throw invalidFields([{ field, message: `${field} must not contain "." or ".." segments` }]);
  }
  const clean = segments.join('/');
  if (utf8.encode(clean).length > MAX_KEY_BYTES - MIN_NAME_BYTES) {
    const limit = MAX_KEY_BYTES - MIN_NAME_BYTES;
    throw invalidFields([{ field, message: `${field} must not be longer than ${limit} bytes` }]);
  }
  return clean;
}

/** A file name for any title: separators become `-`, and a name that is none becomes the job's id. Never fails. */
function fileName(parts: { name: string; extension: string; jobId: string; maxBytes: number }): string {
  const suffix = `.${parts.extension}`;
  const flat = stripControls(parts.name).replace(/[/\\]/g, '-').trim();
  const stem = flat.toLowerCase().endsWith(suffix) ? flat.slice(0, -suffix.length) : flat;
  const cut = cutBytes(stem, parts.maxBytes - suffix.length);
  return (isDotSegment(cut) || cut === '' ? parts.jobId : cut) + suffix;
}

/** Unpaired surrogates are no characters, and no UTF-8. */
function stripControls(text: string): string {
  return text
    .toWellFormed()
    .normalize('NFC')
    .replace(/\p{Cc}/gu, '');
}

function isDotSegment(segment: string): boolean {
  return decodeAll(segment)
    .split(/[/\\]/)
    .some((part) => part === '.' || part === '..');
}

/** Undoes percent-encoding as often as it was done; text that is not encoded stays as it is. */
function decodeAll(text: string): string {
  try {
    const decoded = decodeURIComponent(text);
    return decoded === text ? text : decodeAll(decoded);
  } catch {
    return text;
  }
}

function cutBytes(text: string, maxBytes: number): string {
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += utf8.encode(character).length;
    if (bytes > maxBytes) break;
    end += character.length;
  }
  return text.slice(0, end);
}
