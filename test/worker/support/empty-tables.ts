import { env } from 'cloudflare:workers';

/** Empties the tables that a claim or a sweep reads across workspaces, referencing tables first. */
export async function emptyTables(): Promise<void> {
  const jobTables = ['transfers', 'events', 'ledger', 'placements', 'artifacts', 'attempts', 'jobs'];
  const tables = [...jobTables, 'slots', 'slot_pauses', 'slot_reservations', 'fleet_members'];
  await env.DB.batch(tables.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
}
