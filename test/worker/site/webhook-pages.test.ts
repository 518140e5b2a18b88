import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { webhookEndpoints } from '../../../worker/db/tables/webhooks.ts';
import { deliveriesOf, HOOK, startReceiver } from '../webhooks/receiver.ts';
import { makeSite, type TestSite } from './support/site.ts';

const PATH = '/dashboard/webhooks';
const SCRIPT = '<script>alert(1)</script>';
const FORM = { url: HOOK, format: 'flat', 'event-import.completed': 'on', description: SCRIPT };

async function start() {
  const receiver = startReceiver();
  return { ...receiver, site: await makeSite(receiver.ctx) };
}

async function addEndpoint(ctx: ReturnType<typeof startReceiver>['ctx'], site: TestSite) {
  const page = await site.post(PATH, FORM);
  const row = await ctx.db.query.webhookEndpoints.findFirst({
    where: eq(webhookEndpoints.workspaceId, site.workspaceId),
  });
  return { page, path: `${PATH}/${row?.id}`, row };
}

test('an endpoint is added with the events of the form, and its secret is shown once', async () => {
  const { ctx, site } = await start();
  const { page, path, row } = await addEndpoint(ctx, site);
  const secret = /<code id="secret">(whsec_[^<]*)</.exec(page.html)?.[1];
  expect(secret).toBeDefined();
  expect(row).toMatchObject({ url: HOOK, events: ['import.completed'] });
  const shown = await site.get(path);
  expect(shown.html).not.toContain(secret);
  expect(shown.html).not.toContain(SCRIPT);
  expect(shown.html).toContain('Nothing was sent yet');
});

test('a test event is sent, its delivery shows request and answer, and it can be sent again', async () => {
  const { ctx, site, answers, received } = await start();
  const { path } = await addEndpoint(ctx, site);
  answers.unshift(() => new Response(SCRIPT, { status: 500 }));
  const sent = await site.post(`${path}/test`);
  expect(received).toHaveLength(1);
  const [delivery] = await deliveriesOf(ctx, site.workspaceId);
  expect(sent.location).toBe(`${path}/deliveries/${delivery?.eventId}`);
  const { html } = await site.get(sent.location ?? '');
  expect(html).toContain(`POST ${HOOK}`);
  expect(html).toContain('webhook-id: ');
  expect(html).toContain('&lt;script&gt;');
  expect(html).not.toContain(SCRIPT);
  const again = await site.post(`${sent.location}/replay`);
  expect(again.flash).toContain('sent again');
});

test('events that are sent by a click count against the rate of the plan', async () => {
  const { ctx, site, received } = await start();
  const { path } = await addEndpoint(ctx, site);
  const plan = { ...ctx.config.PLANS.free, requestsPerHour: 1 };
  ctx.config = { ...ctx.config, RATE_LIMITS: 'on', PLANS: { ...ctx.config.PLANS, free: plan } };
  const sent = await site.post(`${path}/test`);
  expect(sent.status).toBe(303);
  for (const more of [`${path}/test`, `${sent.location}/replay`, `${path}/replay`])
    expect((await site.post(more)).status).toBe(429);
  expect(received).toHaveLength(1);
  expect((await site.get(path)).status).toBe(200);
});

test('an endpoint is changed, turned off, gets a new secret, and is deleted', async () => {
  const { ctx, site } = await start();
  const { path } = await addEndpoint(ctx, site);
  await site.post(path, { ...FORM, 'event-import.failed': 'on' });
  await site.post(`${path}/enabled`, { enabled: 'no' });
  expect((await site.get(path)).html).toMatch(/Turn on/);
  expect((await site.get(path)).html).toMatch(/name="event-import.failed"[^>]*checked/);
  expect((await site.post(`${path}/rotate`)).html).toContain('whsec_');
  expect((await site.get(`${path}/delete`)).html).toContain('Its log is deleted too');
  expect(await site.post(`${path}/delete`)).toMatchObject({ status: 303, location: PATH });
  expect((await site.get(path)).status).toBe(404);
});

test.each([
  ['url', { url: 'https://127.0.0.1/hook' }],
  ['url', { url: 'nonsense' }],
])('a wrong %s is named beside its field, and what was typed stays', async (field, typed) => {
  const { site } = await start();
  const page = await site.post(PATH, { ...FORM, ...typed });
  expect(page.status).toBe(422);
  expect(page.html).toMatch(new RegExp(`id="${field}-error"|class="note bad"`));
  expect(page.html).toContain(`value="${typed.url}"`);
});

test('other workspaces and read-only members neither see nor change an endpoint', async () => {
  const { ctx, site } = await start();
  const { path } = await addEndpoint(ctx, site);
  const stranger = await makeSite(ctx);
  const reader = await makeSite(ctx, { workspaceId: site.workspaceId, role: 'read-only' });
  for (const action of ['', '/enabled', '/test', '/rotate', '/delete', '/replay']) {
    expect((await stranger.post(`${path}${action}`, FORM)).status).toBe(404);
    expect((await reader.post(`${path}${action}`, FORM)).status).toBe(403);
  }
  expect((await stranger.get(path)).status).toBe(404);
  expect((await reader.get(PATH)).status).toBe(403);
});
