/** Builds the checks of a connection report. */
import type { CheckName, ConnectionCheck } from '../../contract/api/connection-report.ts';
import type { Code } from '../../contract/codes.ts';
import { toPublicFailure } from '../../contract/failure.ts';
import type { AppError } from '../../errors.ts';
import { toFailure } from '../../to-failure.ts';

/** As it should be. */
export function pass(name: CheckName, message: string): ConnectionCheck {
  return { name, status: 'pass', message, hint: null, code: null };
}

/** Works, with a limit. */
export function warn(
  name: CheckName,
  message: string,
  hint: string,
  code: Code | null = null,
): ConnectionCheck {
  return { name, status: 'warn', message, hint, code };
}

/** The sentence and the hint that an import would carry; a better hint where the test knows more. */
export function fail(name: CheckName, error: AppError, hint?: string): ConnectionCheck {
  const failure = toPublicFailure(toFailure(error));
  return { name, status: 'fail', message: failure.message, hint: hint ?? failure.hint, code: failure.code };
}

/** The refusal of something that imports can do without. */
export function warnOf(name: CheckName, error: AppError, limit: string, hint: string): ConnectionCheck {
  return warn(name, `${limit} (${error.message})`, hint, error.code);
}

/** True when imports cannot work. */
export function hasFailed(checks: ConnectionCheck[]): boolean {
  return checks.some(({ status }) => status === 'fail');
}
