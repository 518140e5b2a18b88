/** API keys: shown once when they are created, stored as a hash. Does not depend on HTTP or the platform, because scripts use it too. */
import { and, eq, isNull } from 'drizzle-orm';
import type { Principal } from '../context.ts';
import { ALL_SCOPES, type Scope } from '../contract/api/scopes.ts';
import type { Db } from '../db/client.ts';
import { apiKeys } from '../db/tables/workspaces.ts';
import { sha256Hex } from '../sha256.ts';

/** Lets people and secret scanners recognize a key. */
const PREFIX = 'imp_';
/** 256 bits cannot be guessed, so a fast hash is enough for the stored form. */
const RANDOM_BYTES = 32;
/** A longer key was not created here and is refused without hashing it. */
const MAX_KEY_CHARACTERS = 128;

export interface NewApiKey {
  workspaceId: string;
  name: string;
  /** All scopes by default. */
  scopes?: readonly Scope[];
  /** Unix milliseconds. */
  now: () => number;
  newId: () => string;
}

/** A new random key. It works once its hash is in the table. */
export function randomApiKey(): string {
  return PREFIX + toBase64Url(crypto.getRandomValues(new Uint8Array(RANDOM_BYTES)));
}

/** Creates a key. `key` is the secret, which only this result contains; `row` has its SHA-256. */
export async function createApiKey(
  db: Db,
  { workspaceId, name, scopes = ALL_SCOPES, now, newId }: NewApiKey,
): Promise<{ key: string; row: typeof apiKeys.$inferSelect }> {
  const key = randomApiKey();
  const hash = await hashApiKey(key);
  const lastFour = key.slice(-4);
  const row = { id: newId(), workspaceId, name, hash, lastFour, scopes, createdAt: now() };
  const [created] = await db.insert(apiKeys).values(row).returning();
  if (!created) throw new Error('the API key was not inserted');
  return { key, row: created };
}

/**
 * The principal of a key; null for a key that does not exist or is revoked. The lookup uses the hash, which a caller
 * cannot choose, so its duration reveals nothing. Nothing is cached: a revoked key is refused immediately.
 */
export async function findPrincipal(db: Db, key: string): Promise<Principal | null> {
  if (!key.startsWith(PREFIX) || key.length > MAX_KEY_CHARACTERS) return null;
  const [row] = await db
    .select({ id: apiKeys.id, workspaceId: apiKeys.workspaceId, scopes: apiKeys.scopes })
    .from(apiKeys)
    .where(and(eq(apiKeys.hash, await hashApiKey(key)), isNull(apiKeys.revokedAt)))
    .limit(1);
  if (!row) return null;
  return { workspaceId: row.workspaceId, actor: { type: 'key', id: row.id }, scopes: row.scopes };
}

/** SHA-256 of the key, hex. */
export function hashApiKey(key: string): Promise<string> {
  return sha256Hex(key);
}

// Node 24 has no Uint8Array.toBase64 yet, and the start script makes keys too.
function toBase64Url(bytes: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...bytes));
  return base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
