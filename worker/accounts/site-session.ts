/** Who looks at a page: the user of the session cookie, in the workspace that the session shows. */
import { asc, eq } from 'drizzle-orm';
import type { Ctx, Principal } from '../context.ts';
import { members, type Role } from '../db/tables/members.ts';
import { workspaces } from '../db/tables/workspaces.ts';
import { authOf, requireAuthSecret, SESSION_COOKIE } from './auth.ts';
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
  requireAuthSecret(ctx);
  if (!request.headers.get('cookie')?.includes(SESSION_COOKIE)) return null;
  const found = await authOf(ctx).api.getSession({ headers: request.headers });
  if (found === null) return null;
  const rows = await readMemberships(ctx, found.user.id);
  const current = rows.find(({ id }) => id === found.session.workspaceId) ?? rows[0];
  if (current === undefined) return null;
  return toSession({ user: found.user, sessionId: found.session.id, current, rows });
}

type Membership = Awaited<ReturnType<typeof readMemberships>>[number];

/** The oldest membership first. */
async function readMemberships(ctx: Ctx, userId: string) {
  return ctx.db
    .select({
      id: workspaces.id,
      name: workspaces.name,
      plan: workspaces.plan,
      isOperator: workspaces.isOperator,
      role: members.role,
    })
    .from(members)
    .innerJoin(workspaces, eq(workspaces.id, members.workspaceId))
    .where(eq(members.userId, userId))
    .orderBy(asc(members.createdAt), asc(workspaces.id));
}

function toSession(found: {
  user: SiteSession['user'];
  sessionId: string;
  current: Membership;
  rows: Membership[];
}): SiteSession {
  const { user, sessionId, current, rows } = found;
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
    user: { id: user.id, email: user.email, name: user.name },
    workspace: toWorkspace(current),
    workspaces: rows.map(toWorkspace).sort((one, other) => one.name.localeCompare(other.name)),
    isOperator,
  };
}

function toWorkspace({ id, name, role }: Membership): SiteWorkspace {
  return { id, name, role };
}
