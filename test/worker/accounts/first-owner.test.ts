import { env } from 'cloudflare:workers';
import { beforeAll, expect, test } from 'vitest';
import { createFirstOwner } from '../../../worker/accounts/create-first-owner.ts';
import { OPERATOR_LINK_MS } from '../../../worker/accounts/links/make-link.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { makePerson, newEmail, ownerToken, pageRequest, PASSWORD, sessionOf } from '../support/people.ts';
import { makeWorkspace } from '../support/rows.ts';

const ctx = makeCtx();
const accountOf = (email: string) => ({ name: 'Ada', email, password: PASSWORD });
const create = (token: string, account: unknown) =>
  createFirstOwner(ctx, { request: pageRequest(), token, account });

let workspaceId: string;
beforeAll(async () => {
  await makeWorkspace(ctx);
  workspaceId = await makeWorkspace(ctx, { isOperator: true });
});

test('the link of an owner makes an owner of the operator workspace, who is signed in and in its audit log', async () => {
  const email = newEmail();
  const owner = await create(await ownerToken(ctx), accountOf(` ${email.toUpperCase()}`));
  const session = await sessionOf(ctx, owner);
  expect(session.user).toEqual({ id: owner.userId, name: 'Ada', email });
  expect(session.workspace).toEqual({ id: workspaceId, name: 'test', role: 'owner' });
  expect(session.isOperator).toBe(true);
  expect(session.principal.scopes).toContain('admin');
  expect(session.principal.actor).toEqual({ type: 'user', id: owner.userId });
  const rows = await ctx.db.query.auditLog.findMany({
    where: (log, { eq }) => eq(log.actorId, owner.userId),
  });
  expect(rows).toMatchObject([
    {
      workspaceId,
      action: 'member.joined',
      actorType: 'user',
      subjectName: email,
      details: { role: 'owner' },
    },
  ]);
});

test('a link works once', async () => {
  const token = await ownerToken(ctx);
  await create(token, accountOf(newEmail()));
  await expect(create(token, accountOf(newEmail()))).rejects.toMatchObject({ code: 'link_not_valid' });
});

test('of two requests at the same time with one link, one makes an account', async () => {
  const token = await ownerToken(ctx);
  const emails = [newEmail(), newEmail()];
  const results = await Promise.allSettled(emails.map((email) => create(token, accountOf(email))));
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  const refused = results.find((result) => result.status === 'rejected');
  expect(refused?.reason).toMatchObject({ code: 'link_not_valid' });
  const made = await ctx.db.query.users.findMany({
    where: (users, { inArray }) => inArray(users.email, emails),
  });
  expect(made).toHaveLength(1);
});

test('a link ends after half an hour, and a new link replaces it', async () => {
  const ended = await ownerToken(ctx);
  ctx.clock.advance(OPERATOR_LINK_MS);
  await expect(create(ended, accountOf(newEmail()))).rejects.toMatchObject({ code: 'link_not_valid' });
  const replaced = await ownerToken(ctx);
  await ownerToken(ctx);
  await expect(create(replaced, accountOf(newEmail()))).rejects.toMatchObject({ code: 'link_not_valid' });
});

test('a form with mistakes does not use the link up', async () => {
  const { email } = await makePerson(ctx);
  const token = await ownerToken(ctx);
  await expect(create(token, { name: ' ', email: 'x', password: 'short' })).rejects.toMatchObject({
    code: 'invalid_request',
    fields: { fields: [{ field: 'name' }, { field: 'email' }, { field: 'password' }] },
  });
  await expect(create(token, accountOf(email))).rejects.toMatchObject({ code: 'email_taken' });
  await expect(create(token, accountOf(newEmail()))).resolves.toHaveProperty('userId');
});

test('the database has the hash of a link, not its token', async () => {
  const token = await ownerToken(ctx);
  const { results } = await env.DB.prepare('SELECT * FROM one_time_links').all();
  expect(results).not.toHaveLength(0);
  expect(JSON.stringify(results)).not.toContain(token);
});
