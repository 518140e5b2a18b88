import { env } from 'cloudflare:workers';

/** Empties the tables that a claim or a sweep reads across workspaces, referencing tables first. */
export async function emptyTables(): Promise<void> {
  const tables = ['transfers', 'events', 'ledger', 'placements', 'artifacts', 'attempts', 'jobs', 'slots'];
  await env.DB.batch(tables.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
}
