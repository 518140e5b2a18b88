import type { Ctx } from '../context.ts';

/** False until the first owner has made an account. */
export async function hasAccounts({ db }: Ctx): Promise<boolean> {
  return (await db.query.users.findFirst({ columns: { id: true } })) !== undefined;
}
