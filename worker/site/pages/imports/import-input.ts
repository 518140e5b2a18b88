/** The form of a new import: from the typed text to the request of the API. Pure. */
import { ImportRequest } from '../../../contract/api/import-request.ts';
import { toInvalidRequest } from '../../../http/invalid-request.ts';
import type { Typed } from '../../forms.ts';

/** The names that people read, by the field of the API. */
export const LABELS = {
  url: 'URL',
  includeVideo: 'What to take',
  videoQuality: 'Video quality',
  audioQuality: 'Audio quality',
  container: 'Container',
  videoCodec: 'Video codec',
  audioFormat: 'Convert audio to',
  storageDestination: 'Where to store it',
  storagePath: 'Folder',
  storageFilename: 'File name',
  storageClass: 'Storage class',
  storageConflict: 'When the file exists',
  webhookUrl: 'Webhook URL',
  maxBytes: 'Largest size',
  maxDurationSeconds: 'Longest duration',
  maxCostInDollars: 'Highest cost',
} as const;
export type FieldName = keyof typeof LABELS;

/** The value of "Where to store it" for service storage. No destination has this name. */
export const SERVICE = '';

/** The request of the API. AppError `invalid_request` as in the API. */
export function toImportRequest(typed: Typed): ImportRequest {
  const { url = '' } = typed;
  const parsed = ImportRequest.safeParse({ url: url.trim(), ...importOptionsOf(typed) });
  if (parsed.success) return parsed.data;
  throw toInvalidRequest(parsed.error);
}

/** Everything but the URL, not yet checked. */
export function importOptionsOf(typed: Typed): Record<string, string | number | boolean> {
  const { includeVideo, storageDestination = SERVICE } = typed;
  return {
    ...(includeVideo === 'audio' && { includeVideo: false }),
    ...(includeVideo === 'video' && { includeAudio: false }),
    ...texts(typed, ['videoQuality', 'audioQuality', 'container', 'videoCodec', 'audioFormat', 'webhookUrl']),
    ...numbers(typed, ['maxBytes', 'maxDurationSeconds', 'maxCostInDollars']),
    ...(storageDestination !== SERVICE && {
      store: true,
      storageDestination,
      ...texts(typed, ['storagePath', 'storageFilename', 'storageClass', 'storageConflict']),
    }),
  };
}

/** Fields that were left empty are not part of the request. */
export function texts(typed: Typed, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = typed[name]?.trim() ?? '';
      return value === '' ? [] : [[name, value]];
    }),
  );
}

/** The same for numbers. What is none stays text, which the schema refuses together with the other fields. */
export function numbers(typed: Typed, names: readonly string[]): Record<string, number | string> {
  return Object.fromEntries(
    Object.entries(texts(typed, names)).map(([field, text]) => {
      const value = Number(text);
      return [field, Number.isNaN(value) ? text : value];
    }),
  );
}

/** The same request for the command line. */
export function toCurl(publicUrl: string, request: ImportRequest): string {
  const body = JSON.stringify(request, null, 2).replaceAll("'", `'\\''`);
  return [
    `curl -X POST ${publicUrl}/import \\`,
    `  -H "Authorization: Bearer YOUR_API_KEY" \\`,
    `  -H "Content-Type: application/json" \\`,
    `  -d '${body}'`,
  ].join('\n');
}
