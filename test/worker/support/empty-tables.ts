import { env } from 'cloudflare:workers';

/** Empties the tables that a claim or a sweep reads across workspaces, referencing tables first. */
export async function emptyTables(): Promise<void> {
  await emptyTablesOf(env.DB);
}

/** The same in another database. */
export async function emptyTablesOf(database: D1Database): Promise<void> {
  const jobTables = [
    'transfers',
    'events',
    'ledger',
    'placements',
    'artifacts',
    'attempts',
    'jobs',
    'batches',
    'import_words_backfill',
  ];
  const webhookTables = ['webhook_attempts', 'webhook_deliveries', 'webhook_endpoints', 'webhook_hosts'];
  const slotTables = [
    'slots',
    'slot_pauses',
    'slot_reservations',
    'slot_rooms',
    'fleet_members',
    'site_results',
  ];
  const tables = [...jobTables, ...webhookTables, ...slotTables];
  await database.batch(tables.map((table) => database.prepare(`DELETE FROM ${table}`)));
}
