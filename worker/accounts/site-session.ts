/** Who looks at a page: the user of the session cookie, in the workspace that the session shows. */
import { and, asc, eq, gt } from 'drizzle-orm';
import { parseSigned } from 'hono/utils/cookie';
import type { Ctx, Principal } from '../context.ts';
import { sessions, users } from '../db/tables/accounts.ts';
import { members, type Role } from '../db/tables/members.ts';
import { workspaces } from '../db/tables/workspaces.ts';
import { requireAuthSecret, SESSION_COOKIE } from './auth.ts';
import { scopesOf } from './roles.ts';

export interface SiteWorkspace {
  id: string;
  name: string;
  role: Role;
}

export interface SiteSession {
  /** For verbs: the user, with the scopes of the role in the current workspace. */
  principal: Principal;
  sessionId: string;
  user: { id: string; email: string; name: string };
  workspace: SiteWorkspace;
  /** All workspaces of the user, by name. */
  workspaces: SiteWorkspace[];
  /** True for an owner of the workspace of the person who runs the service. */
  isOperator: boolean;
}

/**
 * The session of the request's cookie. Null without one, when it has ended, and for a user without a workspace. The database
 * is asked each time, so an ended session and a changed role count at once. AppError `accounts_not_configured`.
 */
export async function readSession(ctx: Ctx, request: Request): Promise<SiteSession | null> {
  const token = await readToken(requireAuthSecret(ctx), request);
  if (token === null) return null;
  const rows = await readMemberships(ctx, token);
  const current = rows.find(({ id, shownId }) => id === shownId) ?? rows[0];
  return current === undefined ? null : toSession(current, rows);
}

/** The token of the cookie. Null without one, and for one that this service did not sign. */
async function readToken(secret: string, request: Request): Promise<string | null> {
  const cookies = await parseSigned(request.headers.get('cookie') ?? '', secret, SESSION_COOKIE);
  return cookies[SESSION_COOKIE] || null;
}

type Membership = Awaited<ReturnType<typeof readMemberships>>[number];

/**
 * A row for each workspace of the session's user, the oldest membership first. One statement, because every page waits for it; the
 * library would read session and user one after the other.
 */
async function readMemberships({ db, now }: Ctx, token: string) {
  return db
    .select({
      sessionId: sessions.id,
      shownId: sessions.workspaceId,
      user: { id: users.id, email: users.email, name: users.name },
      id: workspaces.id,
      name: workspaces.name,
      plan: workspaces.plan,
      isOperator: workspaces.isOperator,
      role: members.role,
    })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .innerJoin(members, eq(members.userId, users.id))
    .innerJoin(workspaces, eq(workspaces.id, members.workspaceId))
    .where(and(eq(sessions.token, token), gt(sessions.expiresAt, new Date(now()))))
    .orderBy(asc(members.createdAt), asc(workspaces.id));
}

function toSession(current: Membership, rows: Membership[]): SiteSession {
  const { user, sessionId } = current;
  const isOperator = current.isOperator && current.role === 'owner';
  const principal: Principal = {
    workspaceId: current.id,
    actor: { type: 'user', id: user.id },
    scopes: scopesOf(current.role),
    isOperator,
    plan: current.plan,
    ownLimits: null,
  };
  return {
    principal,
    sessionId,
    user,
    workspace: toWorkspace(current),
    workspaces: rows.map(toWorkspace).sort((one, other) => one.name.localeCompare(other.name)),
    isOperator,
  };
}

function toWorkspace({ id, name, role }: Membership): SiteWorkspace {
  return { id, name, role };
}
