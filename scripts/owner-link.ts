/**
 * `npm run owner-link`: a link that makes an owner of the operator's workspace. With `--email ADDRESS`, a link that sets the password of a
 * person. On the local stack, or with `--remote` (and `--env`) on a deployment.
 */
import { reportProblem } from './lib/problem.ts';
import { openFleetDatabase } from './fleet/database.ts';
import { ownerLinkOptions } from './owner-link/options.ts';
import { printedLink } from './owner-link/link.ts';

async function main(): Promise<void> {
  const { email, remote } = ownerLinkOptions(process.argv.slice(2));
  const database = await openFleetDatabase(process.env, remote);
  console.log(await printedLink(database, email));
}

await main().catch(reportProblem);
