import { eq } from 'drizzle-orm';
import { beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../../worker/app.ts';
import { createApiKey } from '../../../worker/auth/keys/api-key.ts';
import { ALL_SCOPES, type Scope } from '../../../worker/contract/api/scopes.ts';
import { SITE_PATHS } from '../../../worker/site/mount-site.ts';
import { KEY_FRESH_MS } from '../../../worker/auth/keys/recent-keys.ts';
import { apiKeys } from '../../../worker/db/tables/workspaces.ts';
import { makeApi, type TestApi } from '../support/make-api.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { makeWorkspace } from '../support/rows.ts';

/** Every route of the app must be in one of these lists or need an attempt token. */
const OPEN = ['GET /health', 'GET /openapi.json', 'GET /media/*', 'GET /sample.wav', 'GET /sample-slow.wav'];
/** The tokens are in the body: routes/internal.test.ts shows that a forged one changes nothing. */
const TOKENS_IN_BODY = ['POST /internal/heartbeat', 'POST /internal/hello'];
/** With the token of a fleet member: routes/internal-claim.test.ts. */
const BY_FLEET_TOKEN = ['POST /internal/claim'];
/** Pages for people, with the session of a user: test/worker/site/. */
const BY_SESSION = SITE_PATHS.flatMap((path) => [`GET ${path}`, `POST ${path}`]);
/** The routes for API keys, with the scope that each of them requires. */
const SCOPES: Record<string, Scope> = {
  'POST /diagnostics': 'admin',
  'GET /diagnostics/queue/:probeId': 'admin',
  'POST /import': 'imports:write',
  'GET /import/status': 'imports:read',
  'GET /imports': 'imports:read',
  'GET /imports/:id': 'imports:read',
  'GET /imports/:id/events': 'imports:read',
  'DELETE /imports/:id': 'imports:write',
  'DELETE /imports/:id/file': 'imports:write',
  'DELETE /imports/:id/record': 'imports:write',
  'POST /imports/:id/retry': 'imports:write',
  'POST /imports/:id/store': 'imports:write',
  'GET /metadata': 'imports:write',
  'POST /metadata': 'imports:write',
  'GET /metadata/status': 'imports:read',
  'GET /metadata/basic': 'imports:write',
  'POST /metadata/basic': 'imports:write',
  'GET /metadata/basic/status': 'imports:read',
  'DELETE /metadata/:id': 'imports:write',
  'DELETE /metadata/:id/record': 'imports:write',
  'DELETE /metadata/basic/:id': 'imports:write',
  'DELETE /metadata/basic/:id/record': 'imports:write',
  'POST /batches': 'imports:write',
  'GET /batches': 'imports:read',
  'GET /batches/:id': 'imports:read',
  'GET /batches/:id/items': 'imports:read',
  'POST /batches/:id/cancel': 'imports:write',
  'POST /batches/:id/retry': 'imports:write',
  'POST /keys': 'admin',
  'GET /keys': 'admin',
  'DELETE /keys/:id': 'admin',
  'POST /keys/:id/rotate': 'admin',
  'GET /sites': 'imports:read',
  'PUT /storage': 'storage',
  'GET /storage': 'storage',
  'DELETE /storage': 'storage',
  'POST /storage/test': 'storage',
  'GET /storage/destinations': 'storage',
  'PUT /storage/destinations/:name': 'storage',
  'GET /storage/destinations/:name': 'storage',
  'DELETE /storage/destinations/:name': 'storage',
  'POST /storage/destinations/:name/test': 'storage',
  'POST /storage/migrate': 'storage',
  'GET /storage/migrate': 'storage',
  'GET /usage': 'usage',
  'POST /webhooks': 'webhooks',
  'GET /webhooks': 'webhooks',
  'GET /webhooks/:id': 'webhooks',
  'PATCH /webhooks/:id': 'webhooks',
  'DELETE /webhooks/:id': 'webhooks',
  'POST /webhooks/:id/rotate-secret': 'webhooks',
  'POST /webhooks/:id/test': 'webhooks',
  'POST /webhooks/:id/replay': 'webhooks',
  'GET /webhooks/:id/deliveries': 'webhooks',
  'GET /webhooks/:id/deliveries/:deliveryId': 'webhooks',
  'POST /webhooks/:id/deliveries/:deliveryId/replay': 'webhooks',
};
const BY_API_KEY = Object.keys(SCOPES);
/** They may use a key that was read within the last seconds. */
const POLLS = new Set(['GET /import/status', 'GET /imports/:id']);

function listRoutes(): string[] {
  const handlers = createApp(makeCtx()).routes.filter(({ method }) => method !== 'ALL');
  return [...new Set(handlers.map(({ method, path }) => `${method} ${path}`))];
}

const BY_ATTEMPT_TOKEN = listRoutes().filter((route) => route.includes(' /internal/jobs/'));

function split(route: string): { method: string; path: string } {
  const [method = '', path = ''] = route.split(' ');
  return { method, path: path.replaceAll(/:\w+/g, '1').replace('*', 'x') };
}

it('requires credentials for every route that is not on the open list', async () => {
  const { anonymous } = await makeApi();
  const guarded = listRoutes().filter(
    (route) => ![...OPEN, ...TOKENS_IN_BODY, ...BY_SESSION].includes(route),
  );
  const answers = await Promise.all(
    guarded.map(async (route) => {
      const { method, path } = split(route);
      return [route, (await anonymous(path, { method })).status];
    }),
  );
  expect(answers).toEqual(guarded.map((route) => [route, 401]));
});

it('has only routes whose protection is listed here', () => {
  expect(listRoutes().sort()).toEqual(
    [...OPEN, ...TOKENS_IN_BODY, ...BY_FLEET_TOKEN, ...BY_SESSION, ...BY_API_KEY, ...BY_ATTEMPT_TOKEN].sort(),
  );
  expect(BY_ATTEMPT_TOKEN).toHaveLength(9);
});

describe.each([...BY_API_KEY, 'GET /nowhere'])('%s', (route) => {
  const { method, path } = split(route);
  let api: TestApi;

  beforeAll(async () => {
    api = await makeApi();
  });

  it.each<[string, (key: string) => [string, Record<string, string>]]>([
    ['no key', () => [path, {}]],
    ['an empty key', () => [path, { Authorization: 'Bearer ' }]],
    ['an unknown key', () => [path, { Authorization: `Bearer imp_${'A'.repeat(43)}` }]],
    ['another scheme', (key) => [path, { Authorization: `Basic ${key}` }]],
    ['the key without a scheme', (key) => [path, { Authorization: key }]],
    ['the key in another header', (key) => [path, { 'X-Api-Key': key }]],
    ['the key in the query', (key) => [`${path}?apiKey=${key}&access_token=${key}`, {}]],
    ['the key in a cookie', (key) => [path, { Cookie: `apiKey=${key}` }]],
  ])('refuses %s', async (_name, make) => {
    const [target, headers] = make(api.apiKey);
    const answer = await api.anonymous(target, { method, headers });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer');
    expect(await answer.json()).toMatchObject({ success: false, code: 'unauthorized', retryable: false });
  });

  it('accepts the key until it is revoked', async () => {
    const { ctx, apiKeyId, call } = api;
    expect((await call(method, path)).status).not.toBe(401);
    await ctx.db.update(apiKeys).set({ revokedAt: ctx.now() }).where(eq(apiKeys.id, apiKeyId));
    if (POLLS.has(route)) ctx.clock.advance(KEY_FRESH_MS);
    expect((await call(method, path)).status).toBe(401);
  });
});

/** What /openapi.json says of each route that requires a key, in the form of SCOPES. */
async function readDocumentedScopes(): Promise<Record<string, Scope>> {
  const answer = await createApp(makeCtx()).request('/openapi.json');
  const { paths } = await answer.json<{ paths: Record<string, Record<string, Documented>> }>();
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security }]) => {
      const route = `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`;
      return [route, security?.flatMap(({ apiKey }) => apiKey).join(' and ')] as const;
    }),
  );
  return Object.fromEntries(operations.filter(([, scope]) => scope !== undefined)) as Record<string, Scope>;
}
interface Documented {
  security?: { apiKey: Scope[] }[];
}

const documentedScopes = await readDocumentedScopes();

it('documents the scope that each route requires', () => {
  expect(documentedScopes).toEqual(SCOPES);
});

describe('keys with every combination of scopes', () => {
  const combinations = ALL_SCOPES.reduce<Scope[][]>(
    (sets, scope) => [...sets, ...sets.map((set) => [...set, scope])],
    [[]],
  );

  const app = createApp(makeCtx());
  let keys: string[];

  beforeAll(async () => {
    const ctx = makeCtx();
    const workspaceId = await makeWorkspace(ctx);
    const made = await Promise.all(
      combinations.map((scopes) => createApiKey(ctx.db, { workspaceId, name: 'some', scopes, ...ctx })),
    );
    keys = made.map(({ key }) => key);
  });

  it('are 64', () => {
    expect(new Set(combinations.map(String)).size).toBe(2 ** ALL_SCOPES.length);
  });

  // From the description, so that no route can be left out.
  it.each(Object.entries(documentedScopes))('are refused by %s without %s', async (route, scope) => {
    const { method, path } = split(route);
    const refused = await Promise.all(
      keys.map(async (key) => {
        const answer = await app.request(path, { method, headers: { Authorization: `Bearer ${key}` } });
        const { code } = await answer.json<{ code?: string }>();
        return code === 'insufficient_scope';
      }),
    );
    expect(refused).toEqual(combinations.map((scopes) => !scopes.includes(scope)));
  });
});

describe.each(BY_ATTEMPT_TOKEN)('%s', (route) => {
  const { method, path } = split(route);

  it('refuses a missing token, a forged token and an API key', async () => {
    const { apiKey, anonymous } = await makeApi();
    const forged = `01900000-0000-7000-8000-000000000000.1.99999999999.${'A'.repeat(43)}`;
    const sent = [undefined, 'Bearer x', `Bearer ${forged}`, `Bearer ${apiKey}`];
    const answers = await Promise.all(
      sent.map((value) =>
        anonymous(path, { method, headers: value === undefined ? {} : { Authorization: value } }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
  });
});
