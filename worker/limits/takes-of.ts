import type { Principal } from '../context.ts';
import type { Plans } from '../contract/plans.ts';
import type { Take } from '../contract/rates.ts';
import type { RateName } from './rate-of.ts';

type Limited = Pick<Principal, 'actor' | 'plan' | 'ownLimits'>;

/**
 * The windows in which a request is counted: that of the plan, which all keys of the workspace share, and that of the key
 * if it has a limit of its own. `plans` is null while RATE_LIMITS is off.
 */
export function takesOf(plans: Plans | null, { actor, plan, ownLimits }: Limited, rate: RateName): Take[] {
  const ofPlan = plans?.[plan][rate];
  const limits = [
    { name: `workspace/${rate}`, limit: ofPlan },
    { name: `${actor.type}/${actor.id}/${rate}`, limit: ownLimits?.[rate] },
  ];
  return limits.flatMap(({ name, limit }) => (limit === undefined ? [] : [{ name, limit }]));
}
