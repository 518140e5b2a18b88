/** Builds the checks of a connection report. */
import type { CheckName, ConnectionCheck } from '../../contract/api/storage/connection-report.ts';
import type { Code } from '../../contract/codes.ts';
import { toPublicFailure } from '../../contract/failure.ts';
import type { AppError } from '../../errors.ts';
import { toFailure } from '../../to-failure.ts';

/** The check found no problem. */
export function pass(name: CheckName, message: string): ConnectionCheck {
  return { name, status: 'pass', message, hint: null, code: null };
}

/** Imports work, with a restriction. */
export function warn(
  name: CheckName,
  message: string,
  hint: string,
  code: Code | null = null,
): ConnectionCheck {
  return { name, status: 'warn', message, hint, code };
}

/**
 * Imports do not work. Message and hint are those that an import would have, unless the test has a better hint.
 */
export function fail(name: CheckName, error: AppError, hint?: string): ConnectionCheck {
  const failure = toPublicFailure(toFailure(error));
  return { name, status: 'fail', message: failure.message, hint: hint ?? failure.hint, code: failure.code };
}

/** The storage refused something that imports do not need. */
export function warnOf(name: CheckName, error: AppError, limit: string, hint: string): ConnectionCheck {
  return warn(name, `${limit} (${error.message})`, hint, error.code);
}

/** True when a check shows that imports do not work. */
export function hasFailed(checks: ConnectionCheck[]): boolean {
  return checks.some(({ status }) => status === 'fail');
}

/** Checks in the order in which they end. */
export interface CheckList {
  all: ConnectionCheck[];
  add: (checks: readonly ConnectionCheck[]) => void;
}

/** An empty list, which tells whoever waits about each check. */
export function makeCheckList(onCheck: (check: ConnectionCheck) => void = () => undefined): CheckList {
  const all: ConnectionCheck[] = [];
  const add: CheckList['add'] = (checks) => {
    all.push(...checks);
    for (const check of checks) onCheck(check);
  };
  return { all, add };
}
