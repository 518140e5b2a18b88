import { describe, expect, test } from 'vitest';
import { Config } from '../../../worker/config.ts';
import { missingSecrets } from '../../../scripts/deploy/secrets.ts';

const nothing = { env: {}, kept: {}, onWorker: [], hasData: false };

describe('the secrets of a deployment', () => {
  test('a first deployment gets every secret that the Worker requires', () => {
    const made = missingSecrets(nothing);
    const parsed = Config.safeParse({ PUBLIC_URL: 'https://import.example.com', ...made });
    expect(parsed.error?.issues ?? []).toEqual([]);
    expect(missingSecrets(nothing)).not.toEqual(made);
  });

  test('one that the Worker has is not made again, wherever else it is known', () => {
    const onWorker = ['ATTEMPT_TOKEN_KEY', 'AUTH_SECRET', 'CREDENTIAL_KEYS', 'DISPATCH_PRIVATE_KEY'];
    expect(missingSecrets({ ...nothing, onWorker, env: { CREDENTIAL_KEYS: 'a:b' } })).toEqual({});
  });

  test('one that was made before its upload failed is sent again', () => {
    const kept = missingSecrets(nothing);
    expect(missingSecrets({ ...nothing, kept })).toEqual(kept);
  });

  test('the environment goes before the copy on this machine', () => {
    const kept = missingSecrets(nothing);
    const env = { CREDENTIAL_KEYS: 'mine:AAAA' };
    expect(missingSecrets({ ...nothing, env, kept }).CREDENTIAL_KEYS).toBe('mine:AAAA');
  });

  test('without the keys that data was sealed with, nothing is made', () => {
    const lost = {
      ...nothing,
      onWorker: ['ATTEMPT_TOKEN_KEY', 'AUTH_SECRET', 'DISPATCH_PRIVATE_KEY'],
      hasData: true,
    };
    expect(() => missingSecrets(lost)).toThrow(/New keys would make every saved S3 credential unreadable/);
    expect(missingSecrets({ ...lost, env: { CREDENTIAL_KEYS: 'old:AAAA' } })).toEqual({
      CREDENTIAL_KEYS: 'old:AAAA',
    });
  });
});
