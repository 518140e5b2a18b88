import { describe, expect, test } from 'vitest';
import {
  acceptInvitation,
  findInvitation,
  joinWithNewAccount,
} from '../../../worker/accounts/members/accept-invitation.ts';
import { removeMember, setRole } from '../../../worker/accounts/members/change-members.ts';
import { invite, listInvitations, withdrawInvitation } from '../../../worker/accounts/members/invite.ts';
import { listMembers } from '../../../worker/accounts/members/list-members.ts';
import { readSession } from '../../../worker/accounts/site-session.ts';
import { invitations } from '../../../worker/db/tables/members.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { makePerson, newEmail, pageRequest, PASSWORD, sessionOf, type Person } from '../support/people.ts';

const ctx = makeCtx();
const WEEK_MS = 7 * 86_400_000;
const principalOf = async (person: Person) => (await sessionOf(ctx, person)).principal;
const tokenOf = (url: string) => url.slice(url.lastIndexOf('/') + 1);

async function inviteTo(owner: Person, email: string, role = 'member') {
  const principal = await principalOf(owner);
  // Rows of the audit log have an order.
  ctx.clock.advance(1);
  return invite(ctx, { principal, input: { email, role }, workspaceName: 'test' });
}

/** What the audit log of a workspace says, in its order. */
async function auditOf({ workspaceId }: Person) {
  const rows = await ctx.db.query.auditLog.findMany({
    where: (log, { eq }) => eq(log.workspaceId, workspaceId),
    orderBy: (log, { asc }) => asc(log.createdAt),
  });
  return rows.map(({ action, subjectName, details }) => [action, subjectName, details]);
}

describe('an invitation', () => {
  test('makes a person with an account a member with its role, who sees the workspace at once', async () => {
    const owner = await makePerson(ctx);
    const guest = await makePerson(ctx);
    const { url, isMailed, invitation } = await inviteTo(owner, ` ${guest.email.toUpperCase()}`, 'read-only');
    expect(isMailed).toBe(false);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:8787\/invitations\/[\w-]{43}$/);
    expect(JSON.stringify(await ctx.db.query.invitations.findMany())).not.toContain(tokenOf(url));
    expect(await listInvitations(ctx, owner.workspaceId)).toEqual([invitation]);

    ctx.clock.advance(1);
    await acceptInvitation(ctx, { token: tokenOf(url), session: await sessionOf(ctx, guest) });
    const session = await sessionOf(ctx, guest);
    expect(session.workspace).toMatchObject({ id: owner.workspaceId, role: 'read-only' });
    expect(session.workspaces).toHaveLength(2);
    expect(session.principal.scopes).toEqual(['imports:read', 'usage']);
    expect(await listInvitations(ctx, owner.workspaceId)).toEqual([]);
    expect(await auditOf(owner)).toEqual([
      ['member.invited', guest.email, { role: 'read-only' }],
      ['member.joined', guest.email, { role: 'read-only', invitedBy: owner.userId }],
    ]);
  });

  test('makes an account with its address, once, also for two requests at the same time', async () => {
    const owner = await makePerson(ctx);
    const email = newEmail();
    const token = tokenOf((await inviteTo(owner, email)).url);
    const input = { name: 'Grace', password: PASSWORD, email: 'other@example.com', role: 'owner' };
    const join = () => joinWithNewAccount(ctx, { request: pageRequest(), token, input });
    const results = await Promise.allSettled([join(), join()]);
    const made = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(made).toHaveLength(1);
    const session = await sessionOf(ctx, made[0]!);
    expect(session.user).toMatchObject({ name: 'Grace', email });
    expect(session.workspaces).toMatchObject([{ id: owner.workspaceId, role: 'member' }]);
    await expect(join()).rejects.toMatchObject({ code: 'link_not_valid' });
    expect(await listMembers(ctx, owner.workspaceId)).toHaveLength(2);
  });

  test('is for its address only, and leaves an account that exists alone', async () => {
    const owner = await makePerson(ctx);
    const [guest, stranger] = [await makePerson(ctx), await makePerson(ctx)];
    const token = tokenOf((await inviteTo(owner, guest.email)).url);
    await expect(
      acceptInvitation(ctx, { token, session: await sessionOf(ctx, stranger) }),
    ).rejects.toMatchObject({ code: 'invitation_for_other' });
    const input = { name: 'Eve', password: 'a password of somebody else' };
    await expect(joinWithNewAccount(ctx, { request: pageRequest(), token, input })).rejects.toMatchObject({
      code: 'email_taken',
    });
    await expect(findInvitation(ctx, token)).resolves.toBeDefined();
    expect(await listMembers(ctx, owner.workspaceId)).toHaveLength(1);
  });

  test('ends after a week, when it is withdrawn, and when the address is invited again', async () => {
    const owner = await makePerson(ctx);
    const stranger = await makePerson(ctx);
    const email = newEmail();
    const ended = { code: 'link_not_valid' };
    const first = await inviteTo(owner, email);
    const second = await inviteTo(owner, email);
    await expect(findInvitation(ctx, tokenOf(first.url))).rejects.toMatchObject(ended);
    const invitationId = second.invitation.id;
    const foreign = { principal: await principalOf(stranger), invitationId };
    await expect(withdrawInvitation(ctx, foreign)).rejects.toMatchObject({ code: 'invitation_not_found' });
    await withdrawInvitation(ctx, { principal: await principalOf(owner), invitationId });
    await expect(findInvitation(ctx, tokenOf(second.url))).rejects.toMatchObject(ended);
    const third = await inviteTo(owner, email);
    ctx.clock.advance(WEEK_MS);
    await expect(findInvitation(ctx, tokenOf(third.url))).rejects.toMatchObject(ended);
    expect((await auditOf(owner)).map(([action]) => action)).toContain('invitation.withdrawn');
  });

  test('is refused for members, for unknown roles and beyond a hundred that can be accepted', async () => {
    const owner = await makePerson(ctx);
    await expect(inviteTo(owner, owner.email)).rejects.toMatchObject({ code: 'already_member' });
    await expect(inviteTo(owner, 'x', 'admin')).rejects.toMatchObject({
      code: 'invalid_request',
      fields: { fields: [{ field: 'email' }, { field: 'role' }] },
    });
    const { invitation } = await inviteTo(owner, newEmail());
    const others = Array.from({ length: 99 }, () => {
      const id = ctx.newId();
      return ctx.db.insert(invitations).values({ ...invitation, id, tokenHash: id, email: newEmail() });
    });
    await ctx.db.batch(others as [(typeof others)[number]]);
    await expect(inviteTo(owner, newEmail())).rejects.toMatchObject({ code: 'too_many_invitations' });
    ctx.clock.advance(WEEK_MS);
    const later = await inviteTo(owner, newEmail());
    expect(await listInvitations(ctx, owner.workspaceId)).toEqual([later.invitation]);
  });
});

describe('members', () => {
  test('get another role, which counts for their next request', async () => {
    const owner = await makePerson(ctx);
    const member = await makePerson(ctx, { workspaceId: owner.workspaceId, role: 'member' });
    const principal = await principalOf(owner);
    await setRole(ctx, { principal, userId: member.userId, role: 'read-only' });
    expect((await principalOf(member)).scopes).not.toContain('imports:write');
    ctx.clock.advance(1);
    await setRole(ctx, { principal, userId: member.userId, role: 'owner' });
    expect((await principalOf(member)).scopes).toContain('admin');
    expect(await auditOf(owner)).toEqual([
      ['member.role_changed', member.email, { from: 'member', to: 'read-only' }],
      ['member.role_changed', member.email, { from: 'read-only', to: 'owner' }],
    ]);
  });

  test('who are removed lose the workspace at once, and those who leave too', async () => {
    const owner = await makePerson(ctx);
    const [removed, leaving] = [
      await makePerson(ctx, { workspaceId: owner.workspaceId, role: 'member' }),
      await makePerson(ctx, { workspaceId: owner.workspaceId, role: 'read-only' }),
    ];
    await removeMember(ctx, { principal: await principalOf(owner), userId: removed.userId });
    expect(await readSession(ctx, pageRequest(removed.cookies))).toBeNull();
    ctx.clock.advance(1);
    await removeMember(ctx, { principal: await principalOf(leaving), userId: leaving.userId });
    expect(await listMembers(ctx, owner.workspaceId)).toHaveLength(1);
    expect((await auditOf(owner)).map(([action]) => action)).toEqual(['member.removed', 'member.left']);
  });

  test('who stop being owners lose the invitations that they made', async () => {
    const owner = await makePerson(ctx);
    const principal = await principalOf(owner);
    const [removed, demoted] = [
      await makePerson(ctx, { workspaceId: owner.workspaceId }),
      await makePerson(ctx, { workspaceId: owner.workspaceId }),
    ];
    const guest = await makePerson(ctx);
    const { url } = await inviteTo(removed, guest.email, 'owner');
    await inviteTo(demoted, newEmail(), 'owner');
    const kept = await inviteTo(owner, newEmail());
    await removeMember(ctx, { principal, userId: removed.userId });
    await setRole(ctx, { principal, userId: demoted.userId, role: 'member' });
    const accepted = acceptInvitation(ctx, { token: tokenOf(url), session: await sessionOf(ctx, guest) });
    await expect(accepted).rejects.toMatchObject({ code: 'link_not_valid' });
    expect(await listInvitations(ctx, owner.workspaceId)).toEqual([kept.invitation]);
  });

  test('always include an owner, also when two owners remove each other at the same time', async () => {
    const owner = await makePerson(ctx);
    const principal = await principalOf(owner);
    const last = { code: 'last_owner' };
    await expect(removeMember(ctx, { principal, userId: owner.userId })).rejects.toMatchObject(last);
    const demote = { principal, userId: owner.userId, role: 'member' as const };
    await expect(setRole(ctx, demote)).rejects.toMatchObject(last);
    const other = await makePerson(ctx, { workspaceId: owner.workspaceId });
    const otherPrincipal = await principalOf(other);
    const results = await Promise.allSettled([
      removeMember(ctx, { principal, userId: other.userId }),
      setRole(ctx, { principal: otherPrincipal, userId: owner.userId, role: 'member' }),
    ]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const left = await listMembers(ctx, owner.workspaceId);
    expect(left.filter(({ role }) => role === 'owner')).toHaveLength(1);
    expect(await auditOf(owner)).toHaveLength(1);
  });

  test('of another workspace cannot be changed', async () => {
    const [owner, stranger] = [await makePerson(ctx), await makePerson(ctx)];
    const foreign = { principal: await principalOf(stranger), userId: owner.userId };
    const unknown = { code: 'member_not_found' };
    await expect(setRole(ctx, { ...foreign, role: 'member' })).rejects.toMatchObject(unknown);
    await expect(removeMember(ctx, foreign)).rejects.toMatchObject(unknown);
  });
});
