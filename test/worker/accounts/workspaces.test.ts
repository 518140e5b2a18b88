import { expect, test } from 'vitest';
import { endSession, listSessions } from '../../../worker/accounts/list-sessions.ts';
import { signUp } from '../../../worker/accounts/sign-up.ts';
import { readSession } from '../../../worker/accounts/site-session.ts';
import {
  makeOwnWorkspace,
  renameWorkspace,
  switchWorkspace,
} from '../../../worker/accounts/workspaces/own-workspaces.ts';
import { makeCtx } from '../support/make-ctx.ts';
import {
  makeOperator,
  makePerson,
  makeSession,
  newEmail,
  pageRequest,
  PASSWORD,
  sessionOf,
} from '../support/people.ts';

const ctx = makeCtx();
const open = makeCtx({ config: { ...ctx.config, OPEN_SIGNUP: 'true' } });
const accountOf = (email: string) => ({ name: 'Ada', email, password: PASSWORD });
const request = pageRequest();

test('sign-up is closed unless OPEN_SIGNUP is true', async () => {
  const input = accountOf(newEmail());
  await expect(signUp(ctx, { request, input })).rejects.toMatchObject({ code: 'sign_up_closed' });
});

test('an open sign-up makes an account with a workspace of its own, which does not operate the service', async () => {
  const email = newEmail();
  const session = await sessionOf(open, await signUp(open, { request, input: accountOf(email) }));
  expect(session.workspaces).toMatchObject([{ name: 'Ada’s workspace', role: 'owner' }]);
  expect(session.isOperator).toBe(false);
  const before = await ctx.db.query.workspaces.findMany();
  await expect(signUp(open, { request, input: accountOf(email) })).rejects.toMatchObject({
    code: 'email_taken',
  });
  expect(await ctx.db.query.workspaces.findMany()).toHaveLength(before.length);
});

test('a session shows the workspaces of its user only', async () => {
  const [person, stranger] = [await makePerson(ctx), await makePerson(ctx)];
  const session = await sessionOf(ctx, person);
  const { workspaceId } = stranger;
  await expect(switchWorkspace(ctx, { session, workspaceId })).rejects.toMatchObject({ code: 'not_found' });
  expect((await sessionOf(ctx, person)).workspace.id).toBe(person.workspaceId);
});

test('the operator makes workspaces, and everybody where sign-up is open, up to ten', async () => {
  const person = await makePerson(ctx);
  const input = { name: 'Second' };
  const session = await sessionOf(ctx, person);
  await expect(makeOwnWorkspace(ctx, { session, input })).rejects.toMatchObject({
    code: 'insufficient_role',
  });
  const operator = await makeOperator(ctx);
  await makeOwnWorkspace(ctx, { session: await sessionOf(ctx, operator), input });
  const shown = await sessionOf(ctx, operator);
  expect([shown.workspace.name, shown.isOperator]).toEqual(['Second', false]);
  for (let n = 1; n < 10; n += 1)
    await makeOwnWorkspace(open, { session: await sessionOf(ctx, person), input });
  await expect(
    makeOwnWorkspace(open, { session: await sessionOf(ctx, person), input }),
  ).rejects.toMatchObject({ code: 'invalid_request' });
});

test('requests at the same time do not exceed the limit of workspaces', async () => {
  const person = await makePerson(ctx);
  const session = await sessionOf(ctx, person);
  const all = Array.from({ length: 12 }, () => makeOwnWorkspace(open, { session, input: { name: 'More' } }));
  const results = await Promise.allSettled(all);
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(9);
  expect((await sessionOf(ctx, person)).workspaces).toHaveLength(10);
});

test('a workspace gets another name, which the audit log keeps', async () => {
  const person = await makePerson(ctx);
  const { principal } = await sessionOf(ctx, person);
  await expect(renameWorkspace(ctx, { principal, input: { name: ' ' } })).rejects.toMatchObject({
    code: 'invalid_request',
  });
  await renameWorkspace(ctx, { principal, input: { name: ' Films ' } });
  expect((await sessionOf(ctx, person)).workspace.name).toBe('Films');
});

test('a user sees and ends their own sessions only', async () => {
  const [person, stranger] = [await makePerson(ctx), await makePerson(ctx)];
  const other = await makeSession(ctx, person.userId);
  const session = await sessionOf(ctx, person);
  const devices = await listSessions(ctx, session);
  expect(devices.filter(({ isCurrent }) => isCurrent)).toHaveLength(1);
  expect(devices).toHaveLength(2);
  const foreign = (await listSessions(ctx, await sessionOf(ctx, stranger)))[0]!;
  await expect(endSession(ctx, { session, sessionId: foreign.sessionId })).rejects.toMatchObject({
    code: 'not_found',
  });
  expect(await readSession(ctx, pageRequest(stranger.cookies))).not.toBeNull();
  await endSession(ctx, { session, sessionId: devices.find(({ isCurrent }) => !isCurrent)!.sessionId });
  expect(await readSession(ctx, pageRequest(other.cookies))).toBeNull();
  expect(await readSession(ctx, pageRequest(person.cookies))).not.toBeNull();
});
