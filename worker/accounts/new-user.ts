/** Statements that insert a user with a password. */
import type { SQL } from 'drizzle-orm';
import { eq, sql } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { Ctx } from '../context.ts';
import { boundRow } from '../db/bound-row.ts';
import { signInMethods, users } from '../db/tables/accounts.ts';
import type { NewAccount } from './account-input.ts';
import { authOf } from './auth.ts';

/** A row whose existence is the condition for what a batch inserts. */
export interface Condition {
  table: SQLiteTable;
  where: SQL | undefined;
}

/** True while no account has this e-mail address. Part of the statements that insert one. */
export function isFree(email: string): SQL {
  return sql`NOT EXISTS (SELECT 1 FROM ${users} AS other WHERE other.email = ${email})`;
}

/** The row of the user and that of the password. */
export async function userRows(ctx: Ctx, { userId, account }: { userId: string; account: NewAccount }) {
  const at = new Date(ctx.now());
  const times = { createdAt: at, updatedAt: at };
  const { name, email } = account;
  return {
    user: { id: userId, name, email, ...times },
    method: {
      id: ctx.newId(),
      userId,
      providerId: 'credential',
      accountId: userId,
      password: await hashPassword(ctx, account.password),
      ...times,
    },
  };
}

/** Inserts the user and the password if the condition is true and the address has no account. */
export async function insertUser(
  ctx: Ctx,
  { userId, account, condition }: { userId: string; account: NewAccount; condition: Condition },
): Promise<[BatchItem<'sqlite'>, BatchItem<'sqlite'>]> {
  const { user, method } = await userRows(ctx, { userId, account });
  const { table, where } = condition;
  const isAllowed = sql`${where} AND ${isFree(account.email)}`;
  const bound = boundRow(signInMethods, method);
  return [
    ctx.db.insert(users).select(ctx.db.select(boundRow(users, user)).from(table).where(isAllowed).limit(1)),
    ctx.db.insert(signInMethods).select(ctx.db.select(bound).from(users).where(eq(users.id, userId))),
  ];
}

/** The hash under which a password is stored. */
export async function hashPassword(ctx: Ctx, password: string): Promise<string> {
  const { password: passwords } = await authOf(ctx).$context;
  return passwords.hash(password);
}
