/** The one error class of expected failures in the downloader; everything else that is thrown is a bug. */
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
