/** What `npm run fleet` does to the table of members. Each function returns the text to print. */
import { hashFleetToken, randomFleetToken } from '../../worker/fleet/fleet-token.ts';
import { uuidV7 } from '../../worker/ids.ts';
import { StartProblem } from '../lib/problem.ts';

/** SQL on the database of a stack or a deployment. Values are bound or checked: names have letters, digits and hyphens only. */
export interface FleetDatabase {
  /** Which one it is of how many. */
  number: number;
  databases: number;
  /** The address of the Worker for the members. */
  workerUrl: string;
  dispatchPublicKey: string;
  run(sql: string): Promise<void>;
  select(sql: string): Promise<Record<string, unknown>[]>;
}

/** Makes a member; its token is in the returned text and nowhere else. Throws a StartProblem for a name that exists. */
export async function addMember(database: FleetDatabase, name: string): Promise<string> {
  const token = randomFleetToken(database.number);
  const now = Date.now();
  const [known] = await database.select(`SELECT id FROM fleet_members WHERE name = '${name}'`);
  if (known) throw new StartProblem(`There is a member ${name} already; choose another name.`);
  await database.run(
    `INSERT INTO fleet_members (id, name, token_hash, created_at) VALUES ('${uuidV7(now)}', '${name}', '${await hashFleetToken(token)}', ${now})`,
  );
  return [
    `Added ${name}. Start its downloader with these variables; the token is shown only now:`,
    '',
    `  WORKER_URL=${database.workerUrl}`,
    `  FLEET_TOKEN=${token}`,
    `  DISPATCH_PUBLIC_KEY=${database.dispatchPublicKey}`,
  ].join('\n');
}

/** A line for each member. */
export async function listMembers(database: FleetDatabase): Promise<string> {
  const rows = await database.select(
    'SELECT name, created_at, revoked_at, last_seen_at FROM fleet_members ORDER BY created_at',
  );
  if (rows.length === 0) return 'No downloader fetches its jobs. Add one with npm run fleet -- add NAME.';
  return rows.map(describe).join('\n');
}

/** Its next claim is refused; the jobs that it runs end. Throws a StartProblem for a name that no live member has. */
export async function revokeMember(database: FleetDatabase, name: string): Promise<string> {
  const live = `name = '${name}' AND revoked_at IS NULL`;
  const [known] = await database.select(`SELECT id FROM fleet_members WHERE ${live}`);
  if (!known) throw new StartProblem(`There is no member ${name} that is not revoked.`);
  await database.run(`UPDATE fleet_members SET revoked_at = ${Date.now()} WHERE ${live}`);
  return `Revoked ${name}. It gets no more jobs; those that it runs end normally.`;
}

function describe(row: Record<string, unknown>): string {
  const at = (value: unknown) => (typeof value === 'number' ? new Date(value).toISOString() : null);
  const state =
    row.revoked_at === null
      ? `last seen ${at(row.last_seen_at) ?? 'never'}`
      : `revoked ${at(row.revoked_at)}`;
  return `${String(row.name).padEnd(34)}added ${at(row.created_at)}, ${state}`;
}
