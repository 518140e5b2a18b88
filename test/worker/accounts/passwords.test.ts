import { describe, expect, test } from 'vitest';
import { removeMember } from '../../../worker/accounts/members/change-members.ts';
import { changePassword } from '../../../worker/accounts/passwords/change-password.ts';
import {
  makeMemberResetLink,
  requestReset,
  RESET_LINK_MS,
} from '../../../worker/accounts/passwords/reset-links.ts';
import { resetPassword } from '../../../worker/accounts/passwords/reset-password.ts';
import { signIn } from '../../../worker/accounts/sign-in.ts';
import { readSession } from '../../../worker/accounts/site-session.ts';
import { switchWorkspace } from '../../../worker/accounts/workspaces/own-workspaces.ts';
import { members } from '../../../worker/db/tables/members.ts';
import { makeCtx } from '../support/make-ctx.ts';
import {
  makeOperator,
  makePerson,
  makeSession,
  newEmail,
  pageRequest,
  PASSWORD,
  sessionOf,
  type Person,
} from '../support/people.ts';

const ctx = makeCtx();
const NEW_PASSWORD = 'another long password';
const tokenOf = (url: string) => url.slice(url.lastIndexOf('/') + 1);
const enter = (email: string, password: string) => signIn(ctx, { request: pageRequest(), email, password });
const reset = (url: string) => resetPassword(ctx, { token: tokenOf(url), input: { password: NEW_PASSWORD } });
const linkFor = async (owner: Person, { userId }: Person) =>
  makeMemberResetLink(ctx, { principal: (await sessionOf(ctx, owner)).principal, userId });
const join = (person: Person, { workspaceId }: Person) =>
  ctx.db.insert(members).values({ workspaceId, userId: person.userId, role: 'member', createdAt: ctx.now() });

/** The rows of the audit log of a workspace, sorted. */
const loggedIn = async (workspaceId: string) => {
  const log = await ctx.db.query.auditLog.findMany({
    where: (rows, { eq }) => eq(rows.workspaceId, workspaceId),
  });
  return log
    .map(({ action, subjectName }) => [action, subjectName])
    .toSorted(([one = ''], [other = '']) => String(one).localeCompare(String(other)));
};

test('a changed password ends the other sessions, and this device stays in its workspace', async () => {
  const person = await makePerson(ctx);
  const second = await makePerson(ctx);
  await join(person, second);
  const other = await makeSession(ctx, person.userId);
  const { workspaceId } = second;
  await switchWorkspace(ctx, { session: await sessionOf(ctx, person), workspaceId });
  const session = await sessionOf(ctx, person);
  const request = pageRequest(person.cookies);
  const wrong = { currentPassword: 'not this one', newPassword: NEW_PASSWORD };
  await expect(changePassword(ctx, { request, session, input: wrong })).rejects.toMatchObject({
    code: 'invalid_request',
    fields: { field: 'currentPassword' },
  });
  const input = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
  const cookies = await changePassword(ctx, { request, session, input });
  expect((await sessionOf(ctx, { cookies })).workspace.id).toBe(workspaceId);
  expect(await readSession(ctx, pageRequest(person.cookies))).toBeNull();
  expect(await readSession(ctx, pageRequest(other.cookies))).toBeNull();
  await expect(enter(person.email, PASSWORD)).rejects.toMatchObject({ code: 'sign_in_failed' });
  await expect(enter(person.email, NEW_PASSWORD)).resolves.toHaveProperty('cookies');
  for (const where of [person.workspaceId, workspaceId])
    expect(await loggedIn(where)).toEqual([['member.password_changed', person.email]]);
});

describe('a link that an owner makes', () => {
  test('sets the password once and ends all sessions', async () => {
    const owner = await makePerson(ctx);
    const member = await makePerson(ctx, { workspaceId: owner.workspaceId, role: 'member' });
    const replaced = await linkFor(owner, member);
    const url = await linkFor(owner, member);
    await expect(reset(replaced)).rejects.toMatchObject({ code: 'link_not_valid' });
    const results = await Promise.allSettled([reset(url), reset(url)]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await readSession(ctx, pageRequest(member.cookies))).toBeNull();
    expect(await readSession(ctx, pageRequest(owner.cookies))).not.toBeNull();
    await expect(enter(member.email, NEW_PASSWORD)).resolves.toHaveProperty('cookies');
    await expect(enter(owner.email, NEW_PASSWORD)).rejects.toMatchObject({ code: 'sign_in_failed' });
    expect(await loggedIn(owner.workspaceId)).toEqual([
      ['member.password_reset', member.email],
      ['member.reset_link_made', member.email],
      ['member.reset_link_made', member.email],
    ]);
  });

  test('does not open workspaces of others', async () => {
    const [owner, other] = [await makePerson(ctx), await makePerson(ctx)];
    const member = await makePerson(ctx, { workspaceId: owner.workspaceId, role: 'member' });
    const early = await linkFor(owner, member);
    await join(member, other);
    await expect(linkFor(owner, member)).rejects.toMatchObject({ code: 'reset_not_allowed' });
    await expect(reset(early)).rejects.toMatchObject({ code: 'link_not_valid' });
    await expect(enter(member.email, PASSWORD)).resolves.toHaveProperty('cookies');
  });

  test('ends when the owner loses the workspace, and after an hour', async () => {
    const owner = await makePerson(ctx);
    const second = await makePerson(ctx, { workspaceId: owner.workspaceId });
    const member = await makePerson(ctx, { workspaceId: owner.workspaceId, role: 'member' });
    const url = await linkFor(second, member);
    await removeMember(ctx, { principal: (await sessionOf(ctx, owner)).principal, userId: second.userId });
    await expect(reset(url)).rejects.toMatchObject({ code: 'link_not_valid' });
    const late = await linkFor(owner, member);
    ctx.clock.advance(RESET_LINK_MS);
    await expect(reset(late)).rejects.toMatchObject({ code: 'link_not_valid' });
  });

  test('is for members of the own workspace, or for all members when the owner operates the service', async () => {
    const [owner, stranger, operator] = [
      await makePerson(ctx),
      await makePerson(ctx),
      await makeOperator(ctx),
    ];
    await expect(linkFor(stranger, owner)).rejects.toMatchObject({ code: 'member_not_found' });
    const member = await makePerson(ctx, { workspaceId: operator.workspaceId, role: 'member' });
    await join(member, owner);
    await expect(reset(await linkFor(operator, member))).resolves.toBeUndefined();
  });

  test('ends when the owner who made it does not operate the service any more', async () => {
    const operator = await makeOperator(ctx);
    const removed = await makePerson(ctx, { workspaceId: operator.workspaceId });
    const url = await linkFor(removed, operator);
    await removeMember(ctx, {
      principal: (await sessionOf(ctx, operator)).principal,
      userId: removed.userId,
    });
    await expect(reset(url)).rejects.toMatchObject({ code: 'link_not_valid' });
    await expect(enter(operator.email, PASSWORD)).resolves.toHaveProperty('cookies');
  });

  test('that is refused leaves a link that works', async () => {
    const [owner, other] = [await makePerson(ctx), await makePerson(ctx)];
    const member = await makePerson(ctx, { workspaceId: owner.workspaceId, role: 'member' });
    await join(member, other);
    const operator = await makeOperator(ctx);
    await join(member, operator);
    const url = await linkFor(operator, member);
    await expect(linkFor(owner, member)).rejects.toMatchObject({ code: 'reset_not_allowed' });
    await expect(reset(url)).resolves.toBeUndefined();
  });
});

describe('a link by mail', () => {
  const mails: Record<string, string>[] = [];
  const config = { ...ctx.config, MAIL_FROM: 'service@example.com' };
  const mail = {
    send: async (sent: Record<string, string>) => void mails.push(sent),
  } as unknown as SendEmail;
  const mailing = makeCtx({ config, mail });
  const ask = (email: string) => requestReset(mailing, { request: pageRequest(), email });

  test('reaches an address with an account, and nobody learns whether there is one', async () => {
    const { email } = await makePerson(mailing);
    expect(await ask(email)).toEqual(await ask(newEmail()));
    await mailing.settled();
    expect(mails).toHaveLength(1);
    expect(mails[0]).toMatchObject({ from: 'service@example.com', to: email });
    const [url = ''] = /http:\S+\/reset\/[\w-]{43}/.exec(mails[0]?.['text'] ?? '') ?? [];
    await reset(url);
    await expect(enter(email, NEW_PASSWORD)).resolves.toHaveProperty('cookies');
    expect(JSON.stringify(mailing.lines)).not.toContain(tokenOf(url));
  });

  test('can be asked for three times in an hour, with or without an account', async () => {
    for (const email of [(await makePerson(mailing)).email, newEmail()]) {
      for (let n = 0; n < 3; n += 1) await ask(email);
      await expect(ask(email)).rejects.toMatchObject({ code: 'sign_in_limited' });
    }
  });

  test('goes to a webhook with its token where no binding is set, and a failure is logged without the address', async () => {
    const requests: Request[] = [];
    const fetcher = async (input: RequestInfo | URL, init?: RequestInit) => {
      requests.push(new Request(input, init));
      return new Response(null, { status: requests.length === 1 ? 202 : 500 });
    };
    const posting = makeCtx({
      config: { ...config, MAIL_WEBHOOK_URL: 'https://mail.example/emails', MAIL_WEBHOOK_TOKEN: 'secret' },
      fetch: fetcher,
    });
    const { email } = await makePerson(posting);
    for (let n = 0; n < 2; n += 1) await requestReset(posting, { request: pageRequest(), email });
    await posting.settled();
    expect(requests[0]?.headers.get('authorization')).toBe('Bearer secret');
    expect(await requests[0]?.json()).toMatchObject({ from: 'service@example.com', to: email });
    const failed = posting.lines.filter(({ event }) => event === 'mail.failed');
    expect(failed).toMatchObject([{ facts: { error: 'Error: the mail webhook answered 500' } }]);
    expect(JSON.stringify(posting.lines)).not.toContain(email);
  });
});
