import { and, asc, eq } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import { users } from '../../db/tables/accounts.ts';
import { members, type Role } from '../../db/tables/members.ts';
import { AppError } from '../../errors.ts';

export interface Member {
  userId: string;
  name: string;
  email: string;
  role: Role;
  /** Unix milliseconds. */
  joinedAt: number;
}

/** A member of one workspace. */
export interface MemberRef {
  workspaceId: string;
  userId: string;
}

const columns = {
  userId: members.userId,
  name: users.name,
  email: users.email,
  role: members.role,
  joinedAt: members.createdAt,
};

/** The members of a workspace, the first one first. */
export async function listMembers({ db }: Ctx, workspaceId: string): Promise<Member[]> {
  return db
    .select(columns)
    .from(members)
    .innerJoin(users, eq(users.id, members.userId))
    .where(eq(members.workspaceId, workspaceId))
    .orderBy(asc(members.createdAt), asc(members.userId));
}

/** AppError `member_not_found` for somebody who is not a member of this workspace. */
export async function findMember({ db }: Ctx, { workspaceId, userId }: MemberRef): Promise<Member> {
  const [found] = await db
    .select(columns)
    .from(members)
    .innerJoin(users, eq(users.id, members.userId))
    .where(and(eq(members.workspaceId, workspaceId), eq(members.userId, userId)));
  if (!found) throw new AppError('member_not_found');
  return found;
}
