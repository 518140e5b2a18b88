import type { Principal } from '../context.ts';
import type { Plans } from '../contract/plans.ts';
import type { Take } from '../contract/rates.ts';
import type { RateName } from './rate-of.ts';

type Limited = Pick<Principal, 'plan' | 'ownLimits'>;

/**
 * The windows in which a request is counted: that of the plan, which all keys of the workspace share, and those of the limits of
 * its key. `plans` is null while RATE_LIMITS is off.
 */
export function takesOf(plans: Plans | null, { plan, ownLimits }: Limited, rate: RateName): Take[] {
  const ofPlan = plans?.[plan][rate];
  const limits = [
    { name: `workspace/${rate}`, limit: ofPlan },
    ...(ownLimits ?? []).map(({ keyId, limits: own }) => ({
      name: `key/${keyId}/${rate}`,
      limit: own[rate],
    })),
  ];
  return limits.flatMap(({ name, limit }) => (limit === undefined ? [] : [{ name, limit }]));
}
