/** `POST /import` as clients send it. Imports zod only. */
import { z } from 'zod';

/** Longest URL that is accepted, in characters. */
export const MAX_URL_CHARACTERS = 2048;

function isPlainHttpUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:');
}

function hasNoCredentials(text: string): boolean {
  const url = URL.parse(text);
  return url === null || (url.username === '' && url.password === '');
}

export const SourceUrl = z
  .string()
  .min(1, 'url must not be empty')
  .max(MAX_URL_CHARACTERS, `url must not be longer than ${MAX_URL_CHARACTERS} characters`)
  .refine(isPlainHttpUrl, 'url must be an http or https URL')
  .refine(hasNoCredentials, 'url must not contain a user name or password');

export const ImportRequest = z.strictObject({
  url: SourceUrl,
  store: z.boolean().optional(),
  storagePath: z.string().max(1024).optional(),
  storageFilename: z.string().max(1024).optional(),
  storageReturnLocation: z.boolean().optional(),
});
export type ImportRequest = z.infer<typeof ImportRequest>;
