/** The error class of expected failures. contract/codes.ts holds the codes with their messages and HTTP statuses. */
import type { FieldProblem } from './contract/api/envelope.ts';
import { CODES, type Code } from './contract/codes.ts';

/** `detail` replaces the message of the code. `fields` are added to the error body unchanged. */
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

/** The AppError `invalid_request` for a request that is wrong in these fields. */
export function invalidFields(problems: [FieldProblem, ...FieldProblem[]]): AppError {
  const sentence = problems.map(({ message }) => message).join('; ');
  return new AppError('invalid_request', sentence, { field: problems[0].field, fields: problems });
}
