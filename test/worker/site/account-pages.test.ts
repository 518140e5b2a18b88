import { expect, test } from 'vitest';
import { members } from '../../../worker/db/tables/members.ts';
import { deviceName } from '../../../worker/site/pages/account/device-name.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { makePerson, makeSession, newEmail, PASSWORD, sessionOf } from '../support/people.ts';
import { makeBrowser } from './support/browser.ts';

const ctx = makeCtx();
const PATH = '/dashboard/account';

test('the account page changes the password and keeps this device signed in', async () => {
  const person = await makePerson(ctx);
  const browser = makeBrowser(ctx, person);
  const passwords = { currentPassword: 'not this one', newPassword: 'short' };
  const mistakes = await browser.post(`${PATH}/password`, passwords);
  expect(mistakes.status).toBe(422);
  expect(mistakes.html).toContain('Choose a password of at least 12 characters.');
  const wrong = await browser.post(`${PATH}/password`, { ...passwords, newPassword: 'long enough for all' });
  expect(wrong.html).toContain('This is not your current password.');
  const newPassword = 'long enough for all';
  const changed = await browser.post(`${PATH}/password`, { currentPassword: PASSWORD, newPassword });
  expect([changed.path, changed.status]).toEqual([PATH, 200]);
  expect(changed.html).toContain('Your password is changed.');
});

test('the account page lists devices and signs out one or all of them', async () => {
  const person = await makePerson(ctx);
  const other = await makeSession(ctx, person.userId);
  const browser = makeBrowser(ctx, person);
  const shown = await browser.get(PATH);
  expect(shown.html).toContain('This device');
  const [, action = ''] = /action="(\/dashboard\/account\/devices\/[^"]+\/end)"/.exec(shown.html) ?? [];
  await browser.post(action);
  expect((await makeBrowser(ctx, other).get('/dashboard')).path).toContain('/sign-in');
  const left = await browser.post(`${PATH}/sign-out-everywhere`);
  expect(left.path).toBe('/sign-in');
  expect(left.html).toContain('You are signed out on all devices.');
  expect((await makeBrowser(ctx, person).get('/dashboard')).path).toContain('/sign-in');
});

test('the sidebar switches between the workspaces of the user, and to no other', async () => {
  const [person, second, stranger] = [await makePerson(ctx), await makePerson(ctx), await makePerson(ctx)];
  const { workspaceId } = second;
  await ctx.db
    .insert(members)
    .values({ workspaceId, userId: person.userId, role: 'member', createdAt: ctx.now() });
  const browser = makeBrowser(ctx, person);
  expect((await browser.post('/dashboard/workspace', { workspaceId })).status).toBe(200);
  expect((await sessionOf(ctx, person)).workspace.id).toBe(workspaceId);
  const foreign = await browser.post('/dashboard/workspace', { workspaceId: stranger.workspaceId });
  expect(foreign.status).toBe(404);
  const refused = await browser.post('/dashboard/workspaces', { name: 'Mine' });
  expect(refused.html).toContain('Your role in this workspace does not allow this.');
});

test('sign-up is a page only where it is open', async () => {
  const closed = await makeBrowser(ctx).get('/sign-up');
  expect(closed.status).toBe(403);
  expect(closed.html).toContain('New accounts need an invitation.');
  const open = makeCtx({ config: { ...ctx.config, OPEN_SIGNUP: 'true' } });
  const browser = makeBrowser(open);
  expect((await browser.get('/sign-in')).html).toContain('/sign-up');
  const email = newEmail();
  const made = await browser.post('/sign-up', { name: 'Ada', email, password: PASSWORD });
  expect(made.path).toBe('/dashboard');
  expect(made.html).toContain('Ada’s workspace');
  const again = await makeBrowser(open).post('/sign-up', { name: 'Eve', email, password: PASSWORD });
  expect(again.status).toBe(409);
});

test('a forgotten password has a page with and without mail', async () => {
  expect((await makeBrowser(ctx).get('/reset')).html).toContain('npm run owner-link -- --email ADDRESS');
  const mail = { send: async () => undefined } as unknown as SendEmail;
  const browser = makeBrowser(makeCtx({ config: { ...ctx.config, MAIL_FROM: 'a@example.com' }, mail }));
  expect((await browser.get('/reset')).html).toContain('Send the link');
  const asked = await browser.post('/reset', { email: newEmail() });
  expect(asked.path).toBe('/sign-in');
  expect(asked.html).toContain('If the address has an account, a link is on its way.');
});

test.each([
  ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox on Linux'],
  ['Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140 Safari/537.36 Edg/140', 'Edge on Windows'],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1', 'Safari on iPhone'],
  ['Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/140.0 Safari/537.36', 'Chrome on Linux'],
  ['curl/8.5.0', 'Unknown browser'],
  ['', 'Unknown browser'],
  [null, 'Unknown browser'],
])('the device of %j is %s', (userAgent, name) => {
  expect(deviceName(userAgent)).toBe(name);
});
