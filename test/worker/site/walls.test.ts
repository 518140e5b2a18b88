/** Who may open which page and send which form. */
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Scope } from '../../../worker/contract/api/scopes.ts';
import { scopesOf } from '../../../worker/accounts/roles.ts';
import { siteAppOf } from '../../../worker/site/site-app.ts';
import { makeWorkspace } from '../support/rows.ts';
import { makeBrowser } from './support/browser.ts';
import { dashboardRoutes, makeOneOfEach, type OneOfEach, type Route } from './support/one-of-each.ts';
import { makeSite, type Page, type TestSite } from './support/site.ts';
import { startReceiver } from '../webhooks/receiver.ts';

/** What a route needs: a scope, nothing but a session, or an owner of the operator's workspace. */
type Need = Scope | 'session' | 'operator';

/** A row for every page and form below a path; the first match counts. */
const NEEDS: readonly (readonly [route: RegExp, need: Need])[] = [
  [/^GET \/dashboard$/, 'session'],
  [/^\w+ \/dashboard\/account\b/, 'session'],
  [/^POST \/dashboard\/workspaces?$/, 'session'],
  [/^POST \/dashboard\/(imports|batches)\//, 'imports:write'],
  [/^GET \/dashboard\/(imports|batches)\/(new\b|:id\/(delete|cancel)$)/, 'imports:write'],
  [/^GET \/dashboard\/(imports|batches)(\/:id(\/live)?)?$/, 'imports:read'],
  [/^\w+ \/dashboard\/storage\b/, 'storage'],
  [/^\w+ \/dashboard\/keys\b/, 'admin'],
  [/^\w+ \/dashboard\/webhooks\b/, 'webhooks'],
  [/^GET \/dashboard\/usage\b/, 'usage'],
  [/^GET \/dashboard\/members$/, 'session'],
  // Everybody may leave; only owners remove others.
  [/^\w+ \/dashboard\/members\/:userId\/remove$/, 'admin'],
  [/^\w+ \/dashboard\/members\/(audit|invitations|workspace|:userId)\b/, 'admin'],
  [/^\w+ \/dashboard\/operations\b/, 'operator'],
];

const { ctx } = startReceiver();
const nameOf = ({ method, path }: Route) => `${method} ${path}`;
const routes = dashboardRoutes(ctx);
const needOf = (route: Route) => NEEDS.find(([pattern]) => pattern.test(nameOf(route)))?.[1];
const send = (site: TestSite, { method, path }: Route): Promise<Page> =>
  // The form of a role says that its field is empty before it looks for the member.
  method === 'GET' ? site.get(path) : site.post(path, { role: 'owner' });

const ESTIMATE = 'GET /dashboard/imports/new/estimate/:id';

let made: OneOfEach;
beforeAll(async () => {
  made = await makeOneOfEach(ctx);
});
/** The same routes with the parameters of the workspace. */
const filled = (some: readonly Route[]) =>
  some.map(({ method, path }) => ({ method, path: made.fill(path) }));

/** Everything that forms can change in the workspace, and the sessions of its members. */
async function stateOf(workspaceId: string): Promise<string> {
  const tables = [
    'jobs',
    'batches',
    'api_keys',
    'destinations',
    'webhook_endpoints',
    'invitations',
    'members',
  ];
  const texts = [...tables, 'audit_log'].map((table) =>
    env.DB.prepare(`SELECT * FROM ${table} WHERE workspace_id = ? ORDER BY 1, 2`).bind(workspaceId).all(),
  );
  const sessions = env.DB.prepare(
    'SELECT sessions.id FROM sessions JOIN members USING (user_id) WHERE members.workspace_id = ? ORDER BY 1',
  ).bind(workspaceId);
  const rows = await Promise.all([...texts, sessions.all()]);
  return JSON.stringify(rows.map(({ results }) => results));
}

/** What these routes answer, one after the other. Fails when one of them changes something. */
async function answersOf(site: TestSite, some: readonly Route[]): Promise<Record<string, number>> {
  const before = await stateOf(made.owner.workspaceId);
  const answers: Record<string, number> = {};
  for (const [index, route] of filled(some).entries()) {
    const { status } = await send(site, route);
    answers[nameOf(some[index]!)] = status;
  }
  expect(await stateOf(made.owner.workspaceId)).toBe(before);
  return answers;
}

const all = (some: readonly Route[], status: number) =>
  Object.fromEntries(some.map((route) => [nameOf(route), status]));

test('every page and form of the dashboard has a row that says who may use it', () => {
  expect(routes.length).toBeGreaterThan(60);
  expect(routes.filter((route) => needOf(route) === undefined).map(nameOf)).toEqual([]);
});

test('every page outside the dashboard is one of those that everybody may open', () => {
  const others = siteAppOf(ctx).routes.filter(
    ({ method, path }) => method !== 'ALL' && !path.startsWith('/dashboard'),
  );
  const paths = new Set(others.map(({ path }) => path));
  expect([...paths].toSorted((one, other) => one.localeCompare(other))).toEqual([
    '/',
    '/assets/:hash/:file',
    '/docs/*',
    '/invitations/:token',
    '/reset',
    '/reset/:token',
    '/setup/:token',
    '/sign-in',
    '/sign-out',
    '/sign-up',
  ]);
});

test('a stranger is led from every page and every form to the sign-in page', async () => {
  const before = await stateOf(made.owner.workspaceId);
  for (const { method, path } of filled(routes)) {
    const browser = makeBrowser(ctx);
    const shown = await (method === 'GET' ? browser.get(path) : browser.post(path));
    const seen = [method, path, shown.html.includes('<h1>Sign in</h1>'), shown.status];
    expect(seen).toEqual([method, path, true, method === 'GET' ? 200 : 401]);
  }
  expect(await stateOf(made.owner.workspaceId)).toBe(before);
});

describe.each(['read-only', 'member'] as const)('a %s member', (role) => {
  const may = (need: Need | undefined) =>
    need === 'session' || (need !== 'operator' && need !== undefined && scopesOf(role).includes(need));
  const signIn = () => makeSite(ctx, { workspaceId: made.owner.workspaceId, role });

  test('is refused on every page and form that the role does not include, which changes nothing', async () => {
    const denied = routes.filter((route) => !may(needOf(route)));
    const expected = denied.map((route) => [nameOf(route), needOf(route) === 'operator' ? 404 : 403]);
    expect(await answersOf(await signIn(), denied)).toEqual(Object.fromEntries(expected));
  });

  test('opens every other page, and no form is refused for the role', async () => {
    const allowed = routes.filter((route) => may(needOf(route)));
    const answers: Record<string, number> = {};
    let site = await signIn();
    for (const route of allowed) {
      // Forms are sent without their fields, about things that do not exist.
      const isPage = route.method === 'GET';
      const path = isPage ? made.fill(route.path) : route.path.replaceAll(/:\w+/g, 'none');
      answers[nameOf(route)] = (await send(site, { method: route.method, path })).status;
      if (path.endsWith('/sign-out-everywhere')) site = await signIn();
    }
    // Nobody has asked for an estimate.
    const { [ESTIMATE]: estimate = 404, ...others } = answers;
    expect(estimate).toBe(404);
    const pages = Object.entries(others).filter(([name]) => name.startsWith('GET '));
    expect(pages.filter(([, status]) => status !== 200)).toEqual([]);
    expect(Object.entries(others).filter(([, status]) => status === 401 || status === 403)).toEqual([]);
  });
});

describe('an owner of another workspace', () => {
  test('finds nothing under the ids of this one, and changes nothing', async () => {
    const stranger = await makeSite(ctx);
    const withId = routes.filter(({ path }) => /:(id|eventId|userId|name)/.test(path));
    const answers = await answersOf(stranger, withId);
    expect(answers).toEqual(all(withId, 404));
  });

  test('does not see the pages of the operator, whose owner does', async () => {
    const pages = routes.filter((route) => needOf(route) === 'operator');
    expect(await answersOf(await makeSite(ctx), pages)).toEqual(all(pages, 404));
    const workspaceId = await makeWorkspace(ctx, { isOperator: true });
    const operator = await makeSite(ctx, { workspaceId });
    expect((await operator.get('/dashboard/operations')).status).toBe(200);
    const member = await makeSite(ctx, { workspaceId, role: 'member' });
    expect((await member.get('/dashboard/operations')).status).toBe(404);
  });
});
