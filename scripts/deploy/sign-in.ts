/** Who deploys, and into which account. */
import { z } from 'zod';
import { StartProblem } from '../lib/problem.ts';
import type { Wrangler } from './wrangler.ts';

const WhoAmI = z.object({
  email: z.string().optional(),
  accounts: z.array(z.object({ id: z.string(), name: z.string() })),
});

/** The id of the account to deploy into: the only one, or the one of CLOUDFLARE_ACCOUNT_ID. */
export async function signIn(
  wrangler: Wrangler,
  env: NodeJS.ProcessEnv,
  rememberedId: string | null,
): Promise<{ accountId: string; who: string }> {
  const { accounts, email } = await whoAmI(wrangler);
  const accountId = chooseAccount(accounts, env.CLOUDFLARE_ACCOUNT_ID);
  if (rememberedId !== null && rememberedId !== accountId) {
    throw new StartProblem(
      `This deployment is in the account ${rememberedId}, and wrangler is signed in to ${accountId}. ` +
        'Set CLOUDFLARE_ACCOUNT_ID, or deploy another one beside it with --env.',
    );
  }
  const account = accounts.find(({ id }) => id === accountId)?.name ?? accountId;
  return { accountId, who: email === undefined ? account : `${account} (${email})` };
}

async function whoAmI(wrangler: Wrangler): Promise<z.infer<typeof WhoAmI>> {
  try {
    const { stdout } = await wrangler('whoami', '--json');
    return WhoAmI.parse(JSON.parse(stdout));
  } catch (error) {
    const reason = error instanceof StartProblem ? ` (${error.message})` : '';
    throw new StartProblem(
      `wrangler is not signed in: run npx wrangler login, or set CLOUDFLARE_API_TOKEN${reason}.`,
    );
  }
}

function chooseAccount(accounts: { id: string; name: string }[], wanted: string | undefined): string {
  if (wanted) return wanted;
  const [first, ...others] = accounts;
  if (first === undefined)
    throw new StartProblem(
      'The sign-in sees no account: set CLOUDFLARE_ACCOUNT_ID to the one to deploy into.',
    );
  if (others.length === 0) return first.id;
  const list = accounts.map(({ id, name }) => `  ${id}  ${name}`).join('\n');
  throw new StartProblem(`There are several accounts; set CLOUDFLARE_ACCOUNT_ID to one of them:\n${list}`);
}
