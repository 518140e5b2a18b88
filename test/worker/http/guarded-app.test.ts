import { OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { describe, expect, it } from 'vitest';
import type { AppEnv } from '../../../worker/http/app-env.ts';
import { guardedApp } from '../../../worker/http/guarded-app.ts';

const refuse: MiddlewareHandler<AppEnv> = async (c) => c.text('refused', 401);
const part = (path: string) =>
  new OpenAPIHono<AppEnv>().get(path, (c) => c.text('answered')) as OpenAPIHono<AppEnv>;

const guarded = () => guardedApp([refuse], [part('/secret'), part('/secret/:id/more')]);
const open = () => guardedApp([], [part('/open'), part('/files/*')]);

const paths = ['/secret', '/secret/1/more', '/open', '/files/a/b', '/nowhere'];

async function statuses(...apps: OpenAPIHono<AppEnv>[]): Promise<number[]> {
  const root = new OpenAPIHono<AppEnv>();
  for (const app of apps) root.route('/', app);
  return Promise.all(paths.map(async (path) => (await root.request(path)).status));
}

describe('a guarded app', () => {
  it.each([
    ['before', () => [guarded(), open()]],
    ['after', () => [open(), guarded()]],
  ])('protects its own routes and no others when it is mounted %s an open app', async (_order, apps) => {
    expect(await statuses(...apps())).toEqual([401, 401, 200, 200, 404]);
  });

  it('runs its guards once when several of its paths match, so that one can read the body', async () => {
    const read: MiddlewareHandler<AppEnv> = async (c, next) => {
      await c.req.raw.text();
      await next();
    };
    const byId = new OpenAPIHono<AppEnv>().delete('/:id', (c) => c.text('deleted')) as OpenAPIHono<AppEnv>;
    const parts = [
      new OpenAPIHono<AppEnv>().post('/own', (c) => c.text('answered')) as OpenAPIHono<AppEnv>,
      byId,
    ];
    const answer = await guardedApp([read], parts).request('/own', { method: 'POST', body: 'text' });
    expect([answer.status, await answer.text()]).toEqual([200, 'answered']);
  });

  it('protects every method of a path', async () => {
    const answer = await guarded().request('/secret', { method: 'DELETE' });
    expect(answer.status).toBe(401);
  });
});
