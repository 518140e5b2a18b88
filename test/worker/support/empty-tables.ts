import { env } from 'cloudflare:workers';

/** Removes the rows of the tables that a claim or a sweep looks at across workspaces, children first. */
export async function emptyTables(): Promise<void> {
  const tables = ['transfers', 'events', 'ledger', 'placements', 'artifacts', 'attempts', 'jobs', 'slots'];
  await env.DB.batch(tables.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
}
