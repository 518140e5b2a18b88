/** What `npm run credit` reads and adds. Each function returns the text to print. */
import { databaseOfId, uuidV7 } from '../../worker/ids.ts';
import type { FleetDatabase } from '../fleet/members.ts';
import { StartProblem } from '../lib/problem.ts';

type Database = Pick<FleetDatabase, 'number' | 'run' | 'select'>;

interface Payment {
  workspaceId: string;
  microdollars: number;
  note: string;
}

const SUMS =
  'SELECT id, name, credited_microdollars AS credited, spent_microdollars AS spent FROM workspaces';

/** Adds a payment. Throws a StartProblem for a workspace that does not exist. */
export async function addCredit(database: Database, payment: Payment): Promise<string> {
  const { workspaceId, microdollars, note } = payment;
  await requireWorkspace(database, workspaceId);
  const now = Date.now();
  await database.run(
    `INSERT INTO credits (id, workspace_id, microdollars, note, created_at) VALUES ('${uuidV7(now)}', '${workspaceId}', ${microdollars}, '${note.replaceAll("'", "''")}', ${now})`,
  );
  const { credited, spent } = await requireWorkspace(database, workspaceId);
  return `Added ${dollars(microdollars)}. The balance of ${workspaceId} is ${dollars(Number(credited) - Number(spent))}.`;
}

/** A line for each workspace that is in the database. The first one also has rows about the others. */
export async function listBalances(database: Database): Promise<string> {
  const rows = await database.select(`${SUMS} ORDER BY created_at, id`);
  return rows
    .filter(({ id }) => databaseOfId(String(id)) === database.number)
    .map(({ id, name, credited, spent }) => {
      const balance = dollars(Number(credited) - Number(spent));
      return `${String(id)}  ${balance.padStart(16)}  paid ${dollars(credited)}, spent ${dollars(spent)}  ${String(name)}`;
    })
    .join('\n');
}

/** A line for each payment of a workspace. Throws a StartProblem for a workspace that does not exist. */
export async function listCredits(database: Database, workspaceId: string): Promise<string> {
  await requireWorkspace(database, workspaceId);
  const rows = await database.select(
    `SELECT microdollars, note, created_at FROM credits WHERE workspace_id = '${workspaceId}' ORDER BY created_at, id`,
  );
  if (rows.length === 0) return 'This workspace has paid nothing yet.';
  const line = ({ microdollars, note, created_at: at }: Record<string, unknown>) =>
    `${new Date(Number(at)).toISOString()}  ${dollars(microdollars).padStart(16)}  ${String(note)}`.trimEnd();
  return rows.map(line).join('\n');
}

async function requireWorkspace(database: Database, id: string): Promise<Record<string, unknown>> {
  const [row] = await database.select(`${SUMS} WHERE id = '${id}'`);
  if (!row) throw new StartProblem(`There is no workspace ${id}; list them with npm run credit -- list.`);
  return row;
}

function dollars(microdollars: unknown): string {
  const amount = Number(microdollars);
  return `${amount < 0 ? '-' : ''}$${(Math.abs(amount) / 1e6).toFixed(6)}`;
}
