import { Hono } from 'hono';
import { expect, it } from 'vitest';
import { requireScope } from '../../../worker/auth/require-scope.ts';
import { AppError } from '../../../worker/errors.ts';
import type { AppEnv } from '../../../worker/http/app-env.ts';

it('refuses a request that no guard has authenticated', async () => {
  const app = new Hono<AppEnv>().get('/', requireScope('storage'), (c) => c.text('answered'));
  app.onError((error, c) => c.text(error instanceof AppError ? error.code : 'unexpected'));
  expect(await (await app.request('/')).text()).toBe('unauthorized');
});
