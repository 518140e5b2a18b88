/** The first workspace and its API key. Every start returns the same key as long as the database has it. */
import type { Miniflare } from 'miniflare';
import { createApiKey, findKey } from '../../worker/auth/keys/api-key.ts';
import { makeOwnerLink, SELECT_OWNER } from '../../worker/accounts/links/make-link.ts';
import { createWorkspace } from '../../worker/auth/workspace.ts';
import { connect, type Db } from '../../worker/db/client.ts';
import { workspaces } from '../../worker/db/tables/workspaces.ts';
import { uuidV7 } from '../../worker/ids.ts';
import { migrate } from '../lib/migrate.ts';

const ids = { now: Date.now, newId: () => uuidV7(Date.now()) };

/** Returns the id of the oldest workspace, or creates one. */
async function firstWorkspaceId(db: Db): Promise<string> {
  const [first] = await db
    .select({ id: workspaces.id })
    .from(workspaces)
    .orderBy(workspaces.createdAt)
    .limit(1);
  return first?.id ?? (await createWorkspace(db, { name: 'default', isOperator: true, ...ids })).id;
}

/** Returns `knownKey` if it is in force, else a new key. Only hashes are stored, so a lost key cannot be recovered. */
async function keepOrCreateKey(db: Db, knownKey: string | null): Promise<string> {
  const known = knownKey === null ? null : await findKey(db, knownKey);
  if (knownKey !== null && known !== null && (known.row.expiresAt ?? Infinity) > Date.now()) return knownKey;
  const workspaceId = await firstWorkspaceId(db);
  return (await createApiKey(db, { workspaceId, name: 'local', ...ids })).key;
}

/** The path of the dashboard: a new link for the first owner as long as there is none. */
async function dashboardPath(d1: D1Database): Promise<string> {
  if ((await d1.prepare(SELECT_OWNER).first()) !== null) return '/dashboard';
  const { path, statements } = await makeOwnerLink(Date.now());
  await d1.batch(statements.map((sql) => d1.prepare(sql)));
  return path;
}

/** What a start needs of the database. */
export interface PreparedDatabase {
  apiKey: string;
  dashboardPath: string;
  /** The names of the applied migrations. */
  applied: string[];
}

/** Migrates the local database, and makes a valid API key and a way into the dashboard. */
export async function prepareDatabase(
  miniflare: Miniflare,
  knownKey: string | null,
): Promise<PreparedDatabase> {
  const d1 = await miniflare.getD1Database('DB');
  const applied = await migrate(d1);
  const apiKey = await keepOrCreateKey(connect(d1), knownKey);
  return { apiKey, dashboardPath: await dashboardPath(d1), applied };
}
