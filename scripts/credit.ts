/**
 * `npm run credit -- add WORKSPACE DOLLARS [--note TEXT] | list [WORKSPACE]`: what workspaces have paid. On the local stack, or
 * with `--remote` (and `--env`) on a deployment.
 */
import { addCredit, listBalances, listCredits } from './credit/credits.ts';
import { creditOptions } from './credit/options.ts';
import { openFleetDatabase } from './fleet/database.ts';
import { reportProblem } from './lib/problem.ts';

async function main(): Promise<void> {
  const options = creditOptions(process.argv.slice(2));
  const database = await openFleetDatabase(process.env, options.remote);
  if (options.action === 'add') console.log(await addCredit(database, options));
  else if (options.workspaceId === null) console.log(await listBalances(database));
  else console.log(await listCredits(database, options.workspaceId));
}

await main().catch(reportProblem);
