import { env } from 'cloudflare:workers';

/** Empties the tables that a claim or a sweep reads across workspaces, referencing tables first. */
export async function emptyTables(): Promise<void> {
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
  await env.DB.batch(tables.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
}
