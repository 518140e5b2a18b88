/** Recognizes a full disk in errors of Node and in the output of programs. */

const CODES: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT']);
const TEXT = /No space left on device|Disk quota exceeded/;

/** True for an error of a file operation that found no space. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && CODES.has(error.code);
}

/** True if a program reports that it found no space. */
export function tellsDiskFull(stderr: string): boolean {
  return TEXT.test(stderr);
}
