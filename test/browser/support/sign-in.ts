/** Signs a new person in to a local stack, without the forms. */
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { d1Batch } from '../../support/stack/local-state.ts';

const HOUR_MS = 3_600_000;

export type Role = 'owner' | 'member' | 'read-only';

export interface SignedIn {
  userId: string;
  email: string;
  cookie: { name: string; value: string };
}

/** Adds a member of the workspace with a session, and returns the cookie of the session. */
export async function signIn(
  stateDirectory: string,
  { workspaceId, role = 'owner' }: { workspaceId: string; role?: Role | undefined },
): Promise<SignedIn> {
  const [userId, token, now] = [randomUUID(), randomBytes(24).toString('base64url'), Date.now()];
  const email = `${userId}@example.com`;
  d1Batch(stateDirectory, [
    [
      'INSERT INTO users (id, name, email, created_at, updated_at) VALUES (?, ?, ?, ?, ?)',
      userId,
      'Ada Lovelace',
      email,
      now,
      now,
    ],
    [
      'INSERT INTO members (workspace_id, user_id, role, created_at) VALUES (?, ?, ?, ?)',
      workspaceId,
      userId,
      role,
      now,
    ],
    [
      'INSERT INTO sessions (id, user_id, token, created_at, updated_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)',
      randomUUID(),
      userId,
      token,
      now,
      now,
      now + HOUR_MS,
    ],
  ]);
  const { AUTH_SECRET } = JSON.parse(await readFile(join(stateDirectory, 'secrets.json'), 'utf8')) as Record<
    string,
    string
  >;
  const signature = createHmac('sha256', AUTH_SECRET ?? '')
    .update(token)
    .digest('base64');
  const value = encodeURIComponent(`${token}.${signature}`);
  return { userId, email, cookie: { name: '__Host-importly-session', value } };
}
