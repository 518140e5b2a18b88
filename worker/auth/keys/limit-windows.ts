/** The windows of an hour in which the requests of a key count. Keys that come from a limited key share its windows, so together they may do no more than it. */
import type { LimitWindow } from '../../contract/api/limits.ts';
import type { ApiKeyRow } from '../../db/rows.ts';
import { AppError } from '../../errors.ts';

/** Each request looks into all of them. */
const MAX_WINDOWS = 8;

/** The windows of a key; null when it has no limits. Keys that were made before windows were stored have their own alone. */
export function windowsOf({ id, limits, limitWindows }: ApiKeyRow): readonly LimitWindow[] | null {
  return limitWindows ?? (limits && [{ keyId: id, limits }]);
}

/**
 * The windows in which a new key counts, without doubles; null when there are none. AppError `key_grant_exceeded` when limited keys
 * have made one another too often.
 */
export function joinWindows(...groups: (readonly LimitWindow[] | null)[]): readonly LimitWindow[] | null {
  const byKey = new Map(groups.flatMap((group) => group ?? []).map((window) => [window.keyId, window]));
  if (byKey.size > MAX_WINDOWS) {
    const message = `limits: the limits of ${MAX_WINDOWS} keys hold for your key, which is the most: use a key with fewer limits`;
    throw new AppError('key_grant_exceeded', message, {
      field: 'limits',
      fields: [{ field: 'limits', message }],
    });
  }
  return byKey.size === 0 ? null : [...byKey.values()];
}
