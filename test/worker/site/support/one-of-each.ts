/** A workspace with one of everything that the dashboard shows, and the routes of the dashboard that lead to it. */
import { eq } from 'drizzle-orm';
import type { Ctx } from '../../../../worker/context.ts';
import { invitations } from '../../../../worker/db/tables/members.ts';
import { siteAppOf } from '../../../../worker/site/site-app.ts';
import { makePerson } from '../../support/people.ts';
import { makeDestination, makeImported } from '../../transfers/imported.ts';
import { makeSite, type TestSite } from './site.ts';

export interface Route {
  method: string;
  /** With the names of parameters: `/dashboard/imports/:id`. */
  path: string;
}

/** Every page and every form of the dashboard, from the app itself. */
export function dashboardRoutes(ctx: Ctx): Route[] {
  const found = siteAppOf(ctx).routes.filter(
    ({ method, path }) => method !== 'ALL' && path.startsWith('/dashboard'),
  );
  const keys = new Set(found.map(({ method, path }) => `${method} ${path}`));
  return [...keys].map((key) => {
    const [method = '', path = ''] = key.split(' ');
    return { method, path };
  });
}

export interface OneOfEach {
  owner: TestSite;
  /** The path of a route with the parameters of this workspace. */
  fill: (path: string) => string;
}

/** Of a completed import, a batch, a key, a webhook with its delivery, a named destination, an invitation, and a further member. */
export async function makeOneOfEach(ctx: Ctx, workspaceId?: string): Promise<OneOfEach> {
  const owner = await makeSite(ctx, workspaceId === undefined ? {} : { workspaceId });
  const place = { workspaceId: owner.workspaceId };
  await makeDestination(ctx, owner.workspaceId);
  await makeDestination(ctx, owner.workspaceId, { name: 'archive', isDefault: false });
  const member = await makePerson(ctx, { ...place, role: 'member' });
  const job = await makeImported(ctx, place);
  const idIn = async (path: string, fields: Record<string, string>, mark: RegExp) => {
    const { status, html, location } = await owner.post(path, fields);
    const id = mark.exec(location ?? html)?.[1];
    if (id === undefined) throw new Error(`${path} answered ${status}: ${html}`);
    return id;
  };
  await owner.post('/dashboard/keys', { name: 'upload form', 'scope-imports:read': 'on' });
  await owner.post('/dashboard/members/invitations', { email: 'grace@example.com', role: 'member' });
  const urls = 'https://media.example/1.mp4\nhttps://media.example/2.mp4';
  const batchId = await idIn('/dashboard/batches/new', { urls }, /batches\/([^/?]+)/);
  const hook = { url: 'https://app.example.com/hook', format: 'flat', 'event-import.completed': 'on' };
  await owner.post('/dashboard/webhooks', hook);
  const webhookId = (await endpointOf(ctx, owner)).id;
  const eventId = await idIn(`/dashboard/webhooks/${webhookId}/test`, {}, /deliveries\/([^/?]+)/);
  const invitation = await ctx.db.query.invitations.findFirst({
    where: eq(invitations.workspaceId, owner.workspaceId),
  });
  const key = await ctx.db.query.apiKeys.findFirst({
    where: (row) => eq(row.workspaceId, owner.workspaceId),
  });
  const session = await ctx.db.query.sessions.findFirst({ where: (row) => eq(row.userId, member.userId) });
  const ids: [prefix: string, id: string | undefined][] = [
    ['/dashboard/imports/new/estimate/:id', 'none'],
    ['/dashboard/imports/:id', job.id],
    ['/dashboard/batches/:id', batchId],
    ['/dashboard/keys/:id', key?.id],
    ['/dashboard/webhooks/:id', webhookId],
    ['/dashboard/members/invitations/:id', invitation?.id],
    ['/dashboard/account/devices/:id', session?.id],
    ['/dashboard/operations', 'none'],
  ];
  const idOf = (path: string) => ids.find(([prefix]) => path.startsWith(prefix))?.[1] ?? 'none';
  const others: Record<string, string> = { name: 'archive', eventId, userId: member.userId, probeId: 'none' };
  const fill = (path: string) =>
    path.replace(/:(\w+)/g, (_, name: string) => (name === 'id' ? idOf(path) : (others[name] ?? 'none')));
  return { owner, fill };
}

async function endpointOf(ctx: Ctx, { workspaceId }: TestSite) {
  const row = await ctx.db.query.webhookEndpoints.findFirst({
    where: (endpoint) => eq(endpoint.workspaceId, workspaceId),
  });
  if (row === undefined) throw new Error('the endpoint was not made');
  return row;
}
