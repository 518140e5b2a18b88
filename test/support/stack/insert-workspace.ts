/** Adds workspaces to the database of a local stack. */
import { randomUUID } from 'node:crypto';
import { hashApiKey } from '../../../worker/auth/keys/api-key.ts';
import { d1Batch } from './local-state.ts';

interface NewWorkspace {
  id: string;
  apiKey: string;
  maxConcurrent: number;
}

/** Adds a workspace with this key to the state of a running stack. */
export async function insertWorkspace(
  stateDirectory: string,
  { id, apiKey, maxConcurrent }: NewWorkspace,
): Promise<void> {
  const now = Date.now();
  const insert = `INSERT INTO workspaces (id, name, max_concurrent, created_at) VALUES (?, 'test', ?, ?)`;
  // Takes the scopes of the stack's own key, which has all of them.
  const sql = `INSERT INTO api_keys (id, workspace_id, name, hash, last_four, scopes, created_at)
    SELECT ?, ?, 'test', ?, ?, scopes, ? FROM api_keys ORDER BY created_at LIMIT 1`;
  const hash = await hashApiKey(apiKey);
  d1Batch(stateDirectory, [
    [insert, id, maxConcurrent, now],
    [sql, randomUUID(), id, hash, apiKey.slice(-4), now],
  ]);
}
