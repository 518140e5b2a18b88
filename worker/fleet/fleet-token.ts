/** Tokens of fleet members: made once, shown once, kept as a hash. The script that makes them uses this file too. */
import { and, eq, isNull } from 'drizzle-orm';
import { memberSlot } from '../contract/downloader/slot-names.ts';
import type { Db } from '../db/client.ts';
import { fleetMembers } from '../db/tables/fleet.ts';
import { sha256Hex } from '../sha256.ts';

/** Lets people and secret scanners recognize a token. */
const PREFIX = 'impf_';
/** 256 bits, so a fast hash is enough at rest. */
const RANDOM_BYTES = 32;
/** A longer text is not a token, and is not worth hashing. */
const MAX_TOKEN_CHARACTERS = 128;

/** What a member may be called: it becomes the name of its slot. */
export const MEMBER_NAME = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/;

/** A downloader that may claim jobs; `slot` is where its attempts run. */
export interface FleetMember {
  id: string;
  name: string;
  slot: string;
  lastSeenAt: number | null;
  processId: string | null;
}

/** A token that no member has yet. It names the database of its member, unless that is the first one. */
export function randomFleetToken(database = 0): string {
  const bytes = crypto.getRandomValues(new Uint8Array(RANDOM_BYTES));
  const mark = database === 0 ? '' : `${database}_`;
  return PREFIX + mark + Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** SHA-256 of the token, hex. */
export function hashFleetToken(token: string): Promise<string> {
  return sha256Hex(token);
}

/** The member that the token belongs to; null for an unknown or revoked one. */
export async function findFleetMember(db: Db, token: string): Promise<FleetMember | null> {
  if (!token.startsWith(PREFIX) || token.length > MAX_TOKEN_CHARACTERS) return null;
  const [row] = await db
    .select()
    .from(fleetMembers)
    .where(and(eq(fleetMembers.tokenHash, await hashFleetToken(token)), isNull(fleetMembers.revokedAt)))
    .limit(1);
  if (!row) return null;
  const { id, name, lastSeenAt, processId } = row;
  return { id, name, slot: memberSlot(name), lastSeenAt, processId };
}
