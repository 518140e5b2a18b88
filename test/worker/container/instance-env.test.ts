import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../worker/config.ts';
import { instanceEnv } from '../../../worker/container/instance-env.ts';

describe('the environment of a container', () => {
  it('passes on whether confinement is required, and no secret', async () => {
    expect(await instanceEnv(env, 8080)).toMatchObject({ PORT: '8080', CONFINEMENT: 'auto' });
    const required = await instanceEnv({ ...env, CONFINEMENT: 'required' }, 8080);
    expect(required).toMatchObject({ CONFINEMENT: 'required' });
    const { DISPATCH_PRIVATE_KEY } = parseConfig(env);
    expect(Object.values(required)).not.toContain(DISPATCH_PRIVATE_KEY);
  });

  it('is refused for a confinement that does not exist', async () => {
    await expect(instanceEnv({ ...env, CONFINEMENT: 'off' }, 8080)).rejects.toThrow('CONFINEMENT');
  });
});
