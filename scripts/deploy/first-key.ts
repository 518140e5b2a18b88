/** The first workspace and its API key, made in the remote database: only the hash of the key travels. */
import { z } from 'zod';
import { hashApiKey, randomApiKey } from '../../worker/auth/keys/api-key.ts';
import { DEFAULT_MAX_CONCURRENT } from '../../worker/auth/workspace.ts';
import { uuidV7 } from '../../worker/ids.ts';
import type { Cloudflare } from './cloudflare.ts';
import type { DeploymentRecord } from './record.ts';
import type { Wrangler } from './wrangler.ts';

export interface FirstKeyInput {
  api: Cloudflare;
  wrangler: Wrangler;
  record: DeploymentRecord;
  databaseId: string;
  publicUrl: string;
  /** Makes another key although there are some. */
  newKey: boolean;
}

/** The key is in force at the time that is bound. */
const IS_LIVE = '(revoked_at IS NULL AND coalesce(expires_at > ?, 1))';

/** A live key, or null when this machine has none and others have; `made` tells whether it is new. */
export async function ensureFirstKey(
  input: FirstKeyInput,
): Promise<{ apiKey: string | null; made: boolean }> {
  const known = input.newKey ? null : (input.record.readKey()?.apiKey ?? null);
  const state = known === null ? 'absent' : await stateOf(input, known);
  if (known !== null && state === 'live') return { apiKey: known, made: false };
  if (!input.newKey && (known === null || state === 'ended') && (await countKeys(input)) > 0)
    return { apiKey: null, made: false };
  return { apiKey: await insertKey(input, state === 'absent' ? known : null), made: true };
}

async function insertKey(
  { record, publicUrl, wrangler }: FirstKeyInput,
  known: string | null,
): Promise<string> {
  const apiKey = known ?? randomApiKey();
  // Written down before it is sent: were the answer lost, the next run would find the key alive.
  record.writeKey({ apiUrl: publicUrl, apiKey });
  const command = await insertSql(apiKey);
  await wrangler(
    'd1',
    'execute',
    'DB',
    '--remote',
    '--yes',
    '--config',
    record.configPath,
    '--command',
    command,
  );
  return apiKey;
}

async function stateOf(
  { api, databaseId }: FirstKeyInput,
  key: string,
): Promise<'live' | 'ended' | 'absent'> {
  const row = z.object({ isLive: z.number() });
  const sql = `SELECT ${IS_LIVE} AS isLive FROM api_keys WHERE hash = ?`;
  const [found] = await api.select(databaseId, sql, [Date.now(), await hashApiKey(key)], row);
  if (found === undefined) return 'absent';
  return found.isLive === 1 ? 'live' : 'ended';
}

async function countKeys({ api, databaseId }: FirstKeyInput): Promise<number> {
  const sql = `SELECT count(*) AS n FROM api_keys WHERE ${IS_LIVE}`;
  const [row] = await api.select(databaseId, sql, [Date.now()], z.object({ n: z.number() }));
  return row?.n ?? 0;
}

/** Values are ids, digests and numbers of this program: nothing in them needs quoting. A second run inserts nothing. */
async function insertSql(key: string): Promise<string> {
  const now = Date.now();
  const hash = await hashApiKey(key);
  return [
    'INSERT INTO workspaces (id, name, max_concurrent, is_operator, created_at)',
    `SELECT '${uuidV7(now)}', 'default', ${DEFAULT_MAX_CONCURRENT}, 1, ${now} WHERE NOT EXISTS (SELECT 1 FROM workspaces);\n`,
    'INSERT INTO api_keys (id, workspace_id, name, hash, last_four, created_at)',
    `SELECT '${uuidV7(now)}', id, 'deploy', '${hash}', '${key.slice(-4)}', ${now} FROM workspaces`,
    `WHERE NOT EXISTS (SELECT 1 FROM api_keys WHERE hash = '${hash}') ORDER BY created_at LIMIT 1;`,
  ].join(' ');
}
