/**
 * The closed table of codes, shared by API errors and failures of jobs: HTTP status, message, hint, and whether a retry
 * can succeed. The documentation of errors is generated from it.
 */
import { ACCOUNT_CODES } from './accounts/codes.ts';
import { REQUEST_CODES } from './codes-requests.ts';
import { SOURCE_CODES } from './codes-sources.ts';
import { STORAGE_CODES } from './codes-storage.ts';

export const CODES = { ...REQUEST_CODES, ...SOURCE_CODES, ...STORAGE_CODES, ...ACCOUNT_CODES };

export type Code = keyof typeof CODES;
/** All codes, as a non-empty tuple for `z.enum`. */
export const CODE_NAMES = Object.keys(CODES) as [Code, ...Code[]];

/** True for failures of a storage: another upload, or service storage, may still take the file. */
export function isStorageCode(code: Code): boolean {
  return code.startsWith('storage_');
}
