/** Which account to deploy into. */
import { StartProblem } from '../lib/problem.ts';
import { listAccounts, type Ask } from './cloudflare.ts';

/** The id and the name of the account: the one of CLOUDFLARE_ACCOUNT_ID, or the only one that the sign-in sees. */
export async function chooseAccount(
  ask: Ask,
  env: NodeJS.ProcessEnv,
  rememberedId: string | null,
): Promise<{ accountId: string; name: string }> {
  const { id: accountId, name } = await findAccount(ask, env.CLOUDFLARE_ACCOUNT_ID?.trim());
  if (rememberedId === null || rememberedId === accountId) return { accountId, name };
  throw new StartProblem(
    `This deployment is in the account ${rememberedId}, and the sign-in is for ${accountId}. ` +
      'Set CLOUDFLARE_ACCOUNT_ID, or deploy another one beside it with --env.',
  );
}

async function findAccount(ask: Ask, wanted: string | undefined): Promise<{ id: string; name: string }> {
  if (wanted) return { id: wanted, name: wanted };
  const accounts = await listAccounts(ask);
  const [first, ...others] = accounts;
  if (first === undefined)
    throw new StartProblem(
      'The sign-in sees no account: set CLOUDFLARE_ACCOUNT_ID to the one to deploy into.',
    );
  if (others.length === 0) return first;
  const list = accounts.map(({ id, name }) => `  ${id}  ${name}`).join('\n');
  throw new StartProblem(`There are several accounts; set CLOUDFLARE_ACCOUNT_ID to one of them:\n${list}`);
}
