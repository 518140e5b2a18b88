/** A key can make a key, but none that may do more than itself: a stolen key gains nothing by making others. Pure. */
import type { FieldProblem } from '../../contract/api/envelope.ts';
import type { KeyLimits } from '../../contract/api/limits.ts';
import type { Scope } from '../../contract/api/scopes.ts';
import { isPartOf, parseNetwork } from '../../contract/network.ts';

/** What a key may do. */
export interface Grant {
  scopes: readonly Scope[];
  /** Unix milliseconds; null: no end. */
  expiresAt: number | null;
  allowedAddresses: readonly string[] | null;
  limits: KeyLimits | null;
}

/** The fields in which `wanted` may do more than `giver`. */
export function excessOf(giver: Grant, wanted: Grant): FieldProblem[] {
  return [
    ...excessScopes(giver, wanted),
    ...excessTime(giver, wanted),
    ...excessAddresses(giver, wanted),
    ...excessLimits(giver, wanted),
  ];
}

function excessScopes(giver: Grant, wanted: Grant): FieldProblem[] {
  const missing = wanted.scopes.filter((scope) => !giver.scopes.includes(scope));
  if (missing.length === 0) return [];
  const message = `scopes: your key does not have ${missing.join(', ')}`;
  return [{ field: 'scopes', message }];
}

function excessTime(giver: Grant, wanted: Grant): FieldProblem[] {
  if (giver.expiresAt === null) return [];
  if (wanted.expiresAt !== null && wanted.expiresAt <= giver.expiresAt) return [];
  const end = new Date(giver.expiresAt).toISOString();
  return [
    { field: 'expiresAt', message: `expiresAt: your key ends at ${end}, set this time or an earlier one` },
  ];
}

function excessAddresses(giver: Grant, wanted: Grant): FieldProblem[] {
  const allowed = giver.allowedAddresses;
  if (allowed === null) return [];
  const outside = wanted.allowedAddresses?.filter(
    (inner) => !allowed.some((outer) => isWithin(inner, outer)),
  );
  if (outside?.length === 0) return [];
  const list = allowed.join(', ');
  return [{ field: 'allowedAddresses', message: `allowedAddresses: your key allows only ${list}` }];
}

function isWithin(inner: string, outer: string): boolean {
  const [innerNetwork, outerNetwork] = [parseNetwork(inner), parseNetwork(outer)];
  return innerNetwork !== null && outerNetwork !== null && isPartOf(innerNetwork, outerNetwork);
}

function excessLimits(giver: Grant, wanted: Grant): FieldProblem[] {
  const own = Object.entries(giver.limits ?? {}) as [keyof KeyLimits, number][];
  return own
    .filter(([name, most]) => (wanted.limits?.[name] ?? Infinity) > most)
    .map(([name, most]) => {
      const field = `limits.${name}`;
      return { field, message: `${field}: your key allows at most ${most}` };
    });
}
