/** The one error class of expected failures. Codes, sentences and HTTP statuses stand in contract/codes.ts. */
import { CODES, type Code } from './contract/codes.ts';

/** `detail` completes the code's sentence; `fields` are added to the error body as they are. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: Code;
  readonly fields: Record<string, unknown>;

  constructor(code: Code, detail?: string, fields: Record<string, unknown> = {}) {
    super(detail ?? CODES[code].message);
    this.code = code;
    this.fields = fields;
  }

  get status(): number {
    return CODES[this.code].status;
  }
}
