/**
 * `npm run fleet -- add NAME | list | revoke NAME`: downloaders that fetch their jobs. On the local stack, or with
 * `--remote` (and `--env`) on a deployment.
 */
import { fleetOptions } from './fleet/options.ts';
import { addMember, listMembers, revokeMember } from './fleet/members.ts';
import { openFleetDatabase } from './fleet/database.ts';
import { reportProblem } from './lib/problem.ts';

async function main(): Promise<void> {
  const { action, name, remote, database: number } = fleetOptions(process.argv.slice(2));
  const database = await openFleetDatabase(process.env, remote, number);
  if (action === 'list') console.log(await listMembers(database));
  else if (action === 'revoke') console.log(await revokeMember(database, name));
  else console.log(await addMember(database, name));
}

await main().catch(reportProblem);
