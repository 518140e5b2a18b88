/** The form of URLs in requests: where a source is, and where webhooks go. */
import { z } from 'zod';

/** Maximum length of a URL, in characters. */
const MAX_URL_CHARACTERS = 2048;

function isPlainHttpUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:');
}

function hasNoCredentials(text: string): boolean {
  const url = URL.parse(text);
  return url === null || (url.username === '' && url.password === '');
}

/** The schema of an http or https URL without credentials. Its messages begin with the name of the field. */
export function httpUrl(field: string): z.ZodString {
  return z
    .string()
    .min(1, `${field} must not be empty`)
    .max(MAX_URL_CHARACTERS, `${field} must not be longer than ${MAX_URL_CHARACTERS} characters`)
    .refine(isPlainHttpUrl, `${field} must be an http or https URL`)
    .refine(hasNoCredentials, `${field} must not contain a user name or password`);
}
