import { describe, expect, test } from 'vitest';
import { setRole } from '../../../worker/accounts/members/change-members.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { makePerson, newEmail, PASSWORD, sessionOf, type Person } from '../support/people.ts';
import { makeBrowser } from './support/browser.ts';

const ctx = makeCtx();
const PATH = '/dashboard/members';
const browserOf = ({ cookies }: Person) => makeBrowser(ctx, { cookies });
const linkIn = (html: string) =>
  /http:\/\/127\.0\.0\.1:8787(\/(?:invitations|reset)\/[\w-]{43})/.exec(html)?.[1] ?? '';

describe('an invitation', () => {
  test('leads a new person from the link to the dashboard', async () => {
    const owner = await makePerson(ctx);
    const email = newEmail();
    const invited = await browserOf(owner).post(`${PATH}/invitations`, { email, role: 'member' });
    expect(invited.html).toContain('The link is shown only now.');
    const guest = makeBrowser(ctx);
    const page = await guest.get(linkIn(invited.html));
    expect(page.html).toContain(`${email} is invited as member.`);
    const joined = await guest.post(page.path, { name: '<b>Grace</b>', password: PASSWORD });
    expect(joined.path).toBe('/dashboard');
    expect(joined.html).toContain('You are a member of test now.');
    expect(joined.html).toContain('&lt;b&gt;Grace&lt;/b&gt;');
    expect((await makeBrowser(ctx).get(page.path)).status).toBe(410);
    expect((await browserOf(owner).get(PATH)).html).toContain(email);
  });

  test('lets a person with an account sign in and join', async () => {
    const owner = await makePerson(ctx);
    const guest = await makePerson(ctx);
    const invited = await browserOf(owner).post(`${PATH}/invitations`, { email: guest.email, role: 'owner' });
    const browser = browserOf(guest);
    const page = await browser.get(linkIn(invited.html));
    expect(page.html).toContain('Join the workspace');
    await browser.post(page.path);
    expect((await sessionOf(ctx, guest)).workspace).toMatchObject({ id: owner.workspaceId, role: 'owner' });
    const stranger = await browserOf(await makePerson(ctx)).get(page.path);
    expect(stranger.status).toBe(410);
  });

  test('with mistakes shows what was typed', async () => {
    const owner = browserOf(await makePerson(ctx));
    const shown = await owner.post(`${PATH}/invitations`, { email: '"><script>', role: 'member' });
    expect(shown.status).toBe(422);
    expect(shown.html).toContain('Enter an e-mail address');
    expect(shown.html).not.toContain('"><script>');
  });
});

describe('the list of members', () => {
  test('changes roles, makes links for new passwords, and removes members after a question', async () => {
    const owner = await makePerson(ctx);
    const member = await makePerson(ctx, { workspaceId: owner.workspaceId, role: 'member' });
    const browser = browserOf(owner);
    const changed = await browser.post(`${PATH}/${member.userId}/role`, { role: 'read-only' });
    expect(changed.html).toContain('The member has the new role.');
    const reset = await browser.post(`${PATH}/${member.userId}/reset-link`);
    const visitor = makeBrowser(ctx);
    const path = linkIn(reset.html);
    expect((await visitor.get(path)).html).toContain('New password');
    const set = await visitor.post(path, { password: 'a password that is new' });
    expect(set.html).toContain('Your password is set.');
    const question = await browser.get(`${PATH}/${member.userId}/remove`);
    expect(question.html).toContain('Remove Ada?');
    expect((await browser.post(question.path)).html).toContain('The member is removed.');
    const last = await browser.post(`${PATH}/${owner.userId}/remove`);
    expect(last.html).toContain('this is the last one');
    const log = await browser.get(`${PATH}/audit`);
    for (const words of [
      'changed the role of',
      'made a link for a new password of',
      `removed ${member.email}`,
    ])
      expect(log.html).toContain(words);
    expect(log.html).toContain('from: member, to: read-only');
  });

  test('renames the workspace, and members leave it', async () => {
    const owner = await makePerson(ctx);
    const member = await makePerson(ctx, { workspaceId: owner.workspaceId, role: 'read-only' });
    const renamed = await browserOf(owner).post(`${PATH}/workspace`, { workspaceName: 'Films & more' });
    expect(renamed.html).toContain('Films &amp; more');
    const left = await browserOf(member).post(`${PATH}/${member.userId}/remove`);
    expect(left.path).toMatch(/^\/sign-in/);
  });
});

describe('role walls', () => {
  const routes = (
    userId: string,
  ): [method: 'get' | 'post', path: string, fields?: Record<string, string>][] => [
    ['post', `${PATH}/invitations`, { email: 'new@example.com', role: 'owner' }],
    ['post', `${PATH}/invitations/any/withdraw`],
    ['post', `${PATH}/${userId}/role`, { role: 'owner' }],
    ['post', `${PATH}/${userId}/reset-link`],
    ['get', `${PATH}/${userId}/remove`],
    ['post', `${PATH}/${userId}/remove`],
    ['post', `${PATH}/workspace`, { workspaceName: 'taken' }],
    ['get', `${PATH}/audit`],
  ];

  test.each(['member', 'read-only'] as const)('a %s sees the members and changes nothing', async (role) => {
    const owner = await makePerson(ctx);
    const browser = browserOf(await makePerson(ctx, { workspaceId: owner.workspaceId, role }));
    const list = await browser.get(PATH);
    expect(list.html).toContain(owner.email);
    for (const word of ['Invite', 'Rename', '/role', '/reset-link', 'Audit log'])
      expect(list.html).not.toContain(word);
    for (const [method, path, fields] of routes(owner.userId)) {
      const { status, html } = await browser[method](path, fields);
      expect([path, status]).toEqual([path, 403]);
      expect(html).toContain('Your role in this workspace does not allow this.');
    }
    expect((await sessionOf(ctx, owner)).workspace).toMatchObject({ name: 'test', role: 'owner' });
  });

  test('an owner of another workspace finds nobody', async () => {
    const [owner, stranger] = [await makePerson(ctx), await makePerson(ctx)];
    const browser = browserOf(stranger);
    for (const [method, path, fields] of routes(owner.userId).slice(2, 6)) {
      const { html } = await browser[method](path, fields);
      expect(html).toMatch(/The workspace has no such member|Nothing is here/);
    }
    expect((await sessionOf(ctx, owner)).workspace.role).toBe('owner');
  });

  test('a role that was taken away is gone on the next page', async () => {
    const owner = await makePerson(ctx);
    const other = await makePerson(ctx, { workspaceId: owner.workspaceId });
    const browser = browserOf(other);
    expect((await browser.get(`${PATH}/audit`)).status).toBe(200);
    const { principal } = await sessionOf(ctx, owner);
    await setRole(ctx, { principal, userId: other.userId, role: 'member' });
    expect((await browser.get(`${PATH}/audit`)).status).toBe(403);
  });
});
