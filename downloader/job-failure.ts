/** The error class for expected failures in the downloader. Any other error is a bug. */
import type { Code } from '../worker/contract/codes.ts';
import { failure, type Failure } from '../worker/contract/failure.ts';

export class JobFailure extends Error {
  override readonly name = 'JobFailure';
  readonly failure: Failure;

  constructor(code: Code, detail?: string, options?: ErrorOptions) {
    super(detail ? `${code}: ${detail}` : code, options);
    this.failure = failure(code, detail);
  }
}
