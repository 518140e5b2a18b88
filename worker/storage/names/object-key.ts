/** Builds object keys from a request, a title and an extension. Pure. */
import { invalidFields } from '../../errors.ts';
import { checkTemplate, fillTemplate, type TemplateValues } from './key-template.ts';
import { byteLength, cutBytes, isDotSegment, cleanText } from './key-text.ts';

/** Maximum length of a key in bytes of UTF-8, including the prefix (AWS, "Object keys"). */
export const MAX_KEY_BYTES = 1024;
/** Maximum length of a name made from a title, in bytes. File systems, and servers that store objects as files, allow 255. */
const MAX_TITLE_NAME_BYTES = 255;
/** Bytes that a path must leave free for a slash, a job id, a dot and the longest extension. */
const MIN_NAME_BYTES = 1 + 36 + 1 + 10;
const MAX_PATH_BYTES = MAX_KEY_BYTES - MIN_NAME_BYTES;
/** Maximum lengths of a value in a path, in bytes. The first one that fits is used. The last one holds a job id. */
const VALUE_BYTES = [MAX_TITLE_NAME_BYTES, 120, 60, 36];

/** The facts that a file is named by. */
export interface NamedFile {
  jobId: string;
  title: string;
  /** The extension of the stored file, without a dot. */
  extension: string;
}

export interface KeyParts extends NamedFile {
  sourceId?: string | null;
  uploader?: string | null;
  /** When the import was requested, in Unix milliseconds. */
  requestedAt: number;
  storagePath?: string | undefined;
  storageFilename?: string | undefined;
  defaultPathPrefix?: string | null | undefined;
  /** Inserted between the name and the extension, such as ` (2)`. */
  suffix?: string;
}

/**
 * The key in a customer's bucket: `storagePath`, else the default prefix, else the root; then `storageFilename` or the
 * title, then the extension. Placeholders are filled in. AppError `invalid_request` for a path that `cleanPath` refuses.
 */
export function customerKey(parts: KeyParts): string {
  const { storagePath, storageFilename, defaultPathPrefix, title, suffix = '' } = parts;
  const values = valuesOf(parts);
  const path =
    storagePath === undefined
      ? fillPath(cleanPath(defaultPathPrefix ?? '', 'defaultPathPrefix'), values)
      : fillPath(cleanPath(storagePath, 'storagePath'), values);
  const prefix = path === '' ? '' : `${path}/`;
  const room = MAX_KEY_BYTES - byteLength(prefix);
  const chosen = cleanText(storageFilename ?? '').trim();
  if (chosen === '') {
    return (
      prefix + fileName({ ...parts, name: title, suffix, maxBytes: Math.min(room, MAX_TITLE_NAME_BYTES) })
    );
  }
  const name = fillTemplate(chosen, values, MAX_TITLE_NAME_BYTES);
  return prefix + fileName({ ...parts, name, suffix, maxBytes: room });
}

/** The key in service storage. Each attempt, and each further upload of it (`upload` > 0), has its own key. */
export function serviceKey(
  file: NamedFile & { workspaceId: string; attempt: number; upload: number },
): string {
  const { workspaceId, jobId, attempt, upload, title } = file;
  const folder = upload === 0 ? `${attempt}` : `${attempt}/${upload}`;
  const name = fileName({ ...file, name: title, suffix: '', maxBytes: MAX_TITLE_NAME_BYTES });
  return `${workspaceId}/${jobId}/${folder}/${name}`;
}

/**
 * Cleans a folder path for a key: NFC, without control characters, empty segments, leading or trailing slashes.
 * AppError `invalid_request` for `.` and `..` segments, however they are encoded, for placeholders that do not exist, and
 * for a path too long for a key; `field` is what the error names.
 */
export function cleanPath(path: string, field: 'storagePath' | 'defaultPathPrefix'): string {
  const segments = cleanText(path)
    .split('/')
    .filter((segment) => segment !== '');
  if (segments.some(isDotSegment)) {
    throw invalidFields([{ field, message: `${field} must not contain "." or ".." segments` }]);
  }
  const clean = segments.join('/');
  checkTemplate(clean, field);
  if (byteLength(fillTemplate(clean, LONGEST_VALUES, VALUE_BYTES.at(-1) ?? 0)) > MAX_PATH_BYTES) {
    throw invalidFields([{ field, message: `${field} must not be longer than ${MAX_PATH_BYTES} bytes` }]);
  }
  return clean;
}

/** The values that every file has. */
const LONGEST = 'x'.repeat(MAX_TITLE_NAME_BYTES);
const LONGEST_VALUES: TemplateValues = {
  title: LONGEST,
  id: LONGEST,
  uploader: LONGEST,
  date: LONGEST,
  jobId: LONGEST,
  ext: LONGEST,
};

function valuesOf({ jobId, title, extension, sourceId, uploader, requestedAt }: KeyParts): TemplateValues {
  const date = new Date(requestedAt).toISOString().slice(0, 10);
  return { title, id: sourceId ?? jobId, uploader: uploader ?? 'unknown', date, jobId, ext: extension };
}

/**
 * Fills in each segment separately, so that a value can neither add a segment nor become `..`. Shortens values if the path
 * gets too long.
 */
function fillPath(path: string, values: TemplateValues): string {
  const filled = VALUE_BYTES.map((maxBytes) =>
    path
      .split('/')
      .map((segment) => cleanText(fillTemplate(segment, values, maxBytes)))
      .map((segment) => (isDotSegment(segment) ? values.jobId : segment))
      .join('/'),
  );
  const fitting = filled.find((text) => byteLength(text) <= MAX_PATH_BYTES);
  if (fitting === undefined) throw new Error('the path is too long although it was checked');
  return fitting;
}

/** A file name for any title. Separators become `-`. If nothing usable is left, the name is the job's id. Never fails. */
function fileName(parts: NamedFile & { name: string; suffix: string; maxBytes: number }): string {
  const extension = `.${parts.extension}`;
  const flat = cleanText(parts.name).replace(/[/\\]/g, '-').trim();
  const stem = flat.toLowerCase().endsWith(extension) ? flat.slice(0, -extension.length) : flat;
  const cut = cutBytes(stem, parts.maxBytes - byteLength(parts.suffix) - extension.length);
  const name = isDotSegment(cut) || cut === '' ? parts.jobId : cut;
  return name + parts.suffix + extension;
}
