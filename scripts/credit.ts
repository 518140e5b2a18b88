/**
 * `npm run credit -- add WORKSPACE DOLLARS [--note TEXT] | list [WORKSPACE]`: what workspaces have paid. On the local stack, or
 * with `--remote` (and `--env`) on a deployment.
 */
import { addCredit, listBalances, listCredits } from './credit/credits.ts';
import { creditOptions } from './credit/options.ts';
import { openFleetDatabase } from './fleet/database.ts';
import { databaseOfId } from '../worker/ids.ts';
import { reportProblem } from './lib/problem.ts';

async function main(): Promise<void> {
  const options = creditOptions(process.argv.slice(2));
  const open = (number: number) => openFleetDatabase(process.env, options.remote, number);
  if (options.action === 'add')
    return console.log(await addCredit(await open(databaseOfId(options.workspaceId)), options));
  if (options.workspaceId !== null)
    return console.log(await listCredits(await open(databaseOfId(options.workspaceId)), options.workspaceId));
  const { databases } = await open(0);
  for (let number = 0; number < databases; number += 1) console.log(await listBalances(await open(number)));
}

await main().catch(reportProblem);
