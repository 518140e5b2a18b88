import { describe, expect, it } from 'vitest';
import { excessOf, type Grant } from '../../../worker/auth/keys/key-grant.ts';

const unlimited: Grant = {
  scopes: ['imports:read', 'imports:write', 'admin'],
  expiresAt: null,
  allowedAddresses: null,
  limits: null,
};
const fieldsOf = (giver: Partial<Grant>, wanted: Partial<Grant>) =>
  excessOf({ ...unlimited, ...giver }, { ...unlimited, ...wanted }).map(({ field }) => field);

describe('a key that makes a key', () => {
  it.each<[Partial<Grant>, Partial<Grant>, string[]]>([
    [{}, {}, []],
    [{ scopes: ['admin'] }, { scopes: ['admin'] }, []],
    [{ scopes: ['admin'] }, { scopes: ['admin', 'storage'] }, ['scopes']],
    [{ expiresAt: 10 }, { expiresAt: 10 }, []],
    [{ expiresAt: 10 }, { expiresAt: 11 }, ['expiresAt']],
    [{ expiresAt: 10 }, { expiresAt: null }, ['expiresAt']],
    [{ allowedAddresses: ['10.0.0.0/8', '::1'] }, { allowedAddresses: ['10.1.2.3', '::1'] }, []],
    [{ allowedAddresses: ['10.0.0.0/8'] }, { allowedAddresses: ['10.1.2.3', '::1'] }, ['allowedAddresses']],
    [{ allowedAddresses: ['10.0.0.0/8'] }, { allowedAddresses: null }, ['allowedAddresses']],
    [{ limits: { importsPerHour: 5 } }, { limits: { importsPerHour: 5, requestsPerHour: 9 } }, []],
    [{ limits: { importsPerHour: 5 } }, { limits: { importsPerHour: 6 } }, ['limits.importsPerHour']],
    [{ limits: { importsPerHour: 5 } }, { limits: { requestsPerHour: 1 } }, ['limits.importsPerHour']],
    [{ limits: { importsPerHour: 5 } }, { limits: null }, ['limits.importsPerHour']],
  ])('%j may not give %j more than it has: %j', (giver, wanted, fields) => {
    expect(fieldsOf(giver, wanted)).toEqual(fields);
  });

  it('is told what it lacks', () => {
    const wanted: Grant = { ...unlimited, scopes: ['admin', 'storage', 'usage'] };
    expect(excessOf(unlimited, wanted)).toEqual([
      { field: 'scopes', message: 'scopes: your key does not have storage, usage' },
    ]);
  });
});
