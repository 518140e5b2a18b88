import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import { signIn } from '../../../worker/accounts/sign-in.ts';
import { signOut, signOutEverywhere } from '../../../worker/accounts/sign-out.ts';
import { readSession } from '../../../worker/accounts/site-session.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { makePerson, makeSession, newEmail, pageRequest, PASSWORD, sessionOf } from '../support/people.ts';

const ctx = makeCtx();
const enter = (email: string, password = PASSWORD, headers = {}) =>
  signIn(ctx, { request: pageRequest([], headers), email, password });

test('a session is in a __Host- cookie that scripts cannot read', async () => {
  const { email } = await makePerson(ctx);
  const { cookies } = await enter(email.toUpperCase());
  expect(cookies).toHaveLength(1);
  expect(cookies[0]).toMatch(
    /^__Host-importly-session=[^;]+; Max-Age=2592000; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  );
});

test('a stolen cookie is refused once its session was signed out', async () => {
  const owner = await makePerson(ctx);
  const other = await makeSession(ctx, owner.userId);
  await sessionOf(ctx, owner);
  const removed = await signOut(ctx, pageRequest(owner.cookies));
  expect(removed.find((line) => line.startsWith('__Host-importly-session='))).toMatch(/Max-Age=0/);
  expect(await readSession(ctx, pageRequest(owner.cookies))).toBeNull();
  expect(await readSession(ctx, pageRequest(other.cookies))).not.toBeNull();
});

test('signing out everywhere ends every session of the user and of no one else', async () => {
  const owner = await makePerson(ctx);
  const stranger = await makePerson(ctx);
  const other = await makeSession(ctx, owner.userId);
  await signOutEverywhere(ctx, { session: await sessionOf(ctx, owner), request: pageRequest(owner.cookies) });
  expect(await readSession(ctx, pageRequest(owner.cookies))).toBeNull();
  expect(await readSession(ctx, pageRequest(other.cookies))).toBeNull();
  expect(await readSession(ctx, pageRequest(stranger.cookies))).not.toBeNull();
});

test.each([
  ['no cookie', []],
  ['a token without a signature', ['__Host-importly-session=abcdefghijklmnopqrstuvwxyz012345']],
  ['a forged signature', [`__Host-importly-session=${'a'.repeat(32)}.${'A'.repeat(43)}%3D`]],
])('a request with %s has no session', async (_name, cookies) => {
  expect(await readSession(ctx, pageRequest(cookies))).toBeNull();
});

test('a session ends with its time', async () => {
  const owner = await makePerson(ctx);
  await env.DB.prepare('UPDATE sessions SET expires_at = ? WHERE token = ?')
    .bind(ctx.now(), owner.token)
    .run();
  expect(await readSession(ctx, pageRequest(owner.cookies))).toBeNull();
});

test('a user without a workspace has no session and cannot sign in', async () => {
  const owner = await makePerson(ctx);
  await env.DB.prepare('DELETE FROM members WHERE user_id = ?').bind(owner.userId).run();
  expect(await readSession(ctx, pageRequest(owner.cookies))).toBeNull();
  await expect(enter(owner.email)).rejects.toMatchObject({ code: 'no_workspace' });
});

test('a wrong password and an unknown address get the same answer, after the same time', async () => {
  const { email } = await makePerson(ctx);
  const tried = async (address: string) => {
    const startedAt = performance.now();
    const error: unknown = await enter(address, 'not the password at all').catch((caught: unknown) => caught);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(390);
    const { code, message, fields, status } = error as Record<string, unknown>;
    return { code, message, fields, status };
  };
  expect(await tried(email)).toEqual(await tried(newEmail()));
});

test('without AUTH_SECRET, nobody has a session, and the error says what to do', async () => {
  const { AUTH_SECRET: _, ...config } = ctx.config;
  const bare = makeCtx({ config });
  await expect(readSession(bare, pageRequest())).rejects.toMatchObject({ code: 'accounts_not_configured' });
});

test('the log has no address, password or token of a sign-in', async () => {
  const own = makeCtx();
  const { email } = await makePerson(own);
  const { token } = await signIn(own, { request: pageRequest(), email, password: PASSWORD });
  await signIn(own, { request: pageRequest(), email, password: 'another password' }).catch(() => undefined);
  const log = JSON.stringify(own.lines);
  expect(log).toContain('account.signed_in');
  for (const secret of [email, PASSWORD, 'another password', token]) expect(log).not.toContain(secret);
});
