/** API keys: shown once when they are created, stored as a hash. Does not depend on HTTP or the platform, because scripts use it too. */
import { sql } from 'drizzle-orm';
import { toBase64Url } from '../../contract/encoding/base64.ts';
import type { PlanName } from '../../contract/plans.ts';
import { ALL_SCOPES } from '../../contract/api/scopes.ts';
import type { Db } from '../../db/client.ts';
import { prepared, rowOf, runBound } from '../../db/prepared.ts';
import type { ApiKeyRow } from '../../db/rows.ts';
import { apiKeys } from '../../db/tables/workspaces.ts';
import { databaseOfId } from '../../ids.ts';
import { sha256Hex } from '../../sha256.ts';

/** Lets people and secret scanners recognize a key. */
const PREFIX = 'imp_';
/** 256 bits cannot be guessed, so a fast hash is enough for the stored form. */
const RANDOM_BYTES = 32;
/** A longer key was not created here and is refused without hashing it. */
const MAX_KEY_CHARACTERS = 128;

/** Columns that the creator of a key chooses. */
export type KeyColumns = Pick<typeof apiKeys.$inferInsert, 'workspaceId' | 'name'> &
  Partial<
    Pick<
      typeof apiKeys.$inferInsert,
      'scopes' | 'expiresAt' | 'allowedAddresses' | 'limits' | 'limitWindows' | 'createdBy'
    >
  >;

export interface NewApiKey extends KeyColumns {
  /** Unix milliseconds. */
  now: () => number;
  newId: () => string;
}

/** `key` is the secret, which the database does not have. */
export interface MadeKey {
  key: string;
  row: ApiKeyRow;
}

/** A key that is not revoked. It may have expired. */
export interface FoundKey {
  row: ApiKeyRow;
  workspace: { plan: PlanName; isOperator: boolean };
}

/** A new random key. It works once its hash is in the table of this database, whose number it names unless that is 0. */
export function randomApiKey(database = 0): string {
  const mark = database === 0 ? '' : `${database}_`;
  return PREFIX + mark + toBase64Url(crypto.getRandomValues(new Uint8Array(RANDOM_BYTES)));
}

/** A new key and its row, which is not inserted yet. The row has all scopes by default, and the SHA-256 of the key. */
export async function makeApiKey(input: NewApiKey): Promise<MadeKey> {
  const key = randomApiKey(databaseOfId(input.workspaceId));
  const row = {
    id: input.newId(),
    workspaceId: input.workspaceId,
    name: input.name,
    hash: await hashApiKey(key),
    lastFour: key.slice(-4),
    scopes: input.scopes ?? ALL_SCOPES,
    createdAt: input.now(),
    createdBy: input.createdBy ?? null,
    expiresAt: input.expiresAt ?? null,
    allowedAddresses: input.allowedAddresses ?? null,
    limits: input.limits ?? null,
    limitWindows: input.limitWindows ?? null,
    lastUsedAt: null,
    revokedAt: null,
    replacedBy: null,
  };
  return { key, row };
}

/** Creates a key for a script. */
export async function createApiKey(db: Db, input: NewApiKey): Promise<MadeKey> {
  const made = await makeApiKey(input);
  await db.insert(apiKeys).values(made.row);
  return made;
}

/**
 * Null for a key that does not exist or is revoked. The lookup uses the hash, which a caller cannot choose, so its
 * duration reveals nothing.
 */
export async function findKey(db: Db, key: string): Promise<FoundKey | null> {
  if (!isKeyForm(key)) return null;
  const [[found]] = await runBound(db, [selectKey(db, { hash: await hashApiKey(key) })]);
  return found ?? null;
}

/** False for a text that no key can be. */
export function isKeyForm(text: string): boolean {
  return text.startsWith(PREFIX) && text.length <= MAX_KEY_CHARACTERS;
}

/** The statement that reads the key with this `hash` and its workspace, unless it is revoked. */
export const selectKey = prepared(
  sql`SELECT api_keys.*, plan, is_operator FROM api_keys JOIN workspaces ON workspaces.id = workspace_id
    WHERE hash = ${sql.placeholder('hash')} AND revoked_at IS NULL`,
  (raw): FoundKey => {
    const workspace = { plan: raw['plan'] as PlanName, isOperator: raw['is_operator'] === 1 };
    return { row: toApiKey(raw), workspace };
  },
);

const toApiKey = rowOf(apiKeys);

/** SHA-256 of the key, hex. */
export function hashApiKey(key: string): Promise<string> {
  return sha256Hex(key);
}
