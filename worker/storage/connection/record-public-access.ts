import { and, eq, isNotNull, sql } from 'drizzle-orm';
import type { AttemptRef } from '../../attempts/attempt-token.ts';
import { ShortMemory } from '../../attempts/short-memory.ts';
import type { Ctx } from '../../context.ts';
import type { DestinationRow, PlacementRow } from '../../db/rows.ts';
import { placements } from '../../db/tables/artifacts.ts';
import { destinations } from '../../db/tables/destinations.ts';
import { errorText } from '../../error-text.ts';
import { ownValue } from '../../own-value.ts';
import { recordFacts } from '../destinations/learned-facts.ts';
import { plainUrl } from '../destinations/plain-url.ts';
import { checkPublicAccess } from './public-access.ts';

/** How long a result is used, in milliseconds. Policies change seldom, and Test Connection checks at any time. */
const GOOD_FOR_MS = 24 * 3600_000;

/** Buckets that are being checked, so that imports that end at the same time check once. */
const underWay = new Set<string>();

/** Milliseconds for which no import looks whether the result of a bucket is known. */
const LOOK_EVERY_MS = 60_000;
const looked = new ShortMemory<true>(100);

/** The bucket of a stored file, if the caller knows it. */
type Bucket = Pick<PlacementRow, 'destinationId' | 'bucket'>;

/**
 * After an import was stored in a customer's bucket, checks its public access, once a day for each bucket. Never throws.
 */
export async function recordPublicAccess(
  ctx: Ctx,
  { jobId, attempt }: AttemptRef,
  bucket?: Bucket,
): Promise<void> {
  try {
    if (bucket && looked.get(keyOf(bucket), ctx.now())) return;
    const stored = await findStored(ctx, jobId, attempt);
    if (!stored) return;
    if (!isKnown(ctx, stored.destination, stored.bucket)) return await ask(ctx, stored);
    const nowMs = ctx.now();
    const known = { destinationId: stored.destination.id, bucket: stored.bucket };
    looked.keep(keyOf(known), true, { nowMs, untilMs: nowMs + LOOK_EVERY_MS });
  } catch (error) {
    ctx.log.error('storage.visitor_check_failed', { jobId, error: errorText(error) });
  }
}

function keyOf({ destinationId, bucket }: Bucket): string {
  return `${destinationId}/${bucket}`;
}

interface Stored {
  destination: DestinationRow;
  bucket: string;
  key: string;
}

async function findStored(ctx: Ctx, jobId: string, attempt: number): Promise<Stored | undefined> {
  const [row] = await ctx.db
    .select({ destination: destinations, bucket: placements.bucket, key: placements.key })
    .from(placements)
    .innerJoin(destinations, eq(destinations.id, placements.destinationId))
    .where(
      and(
        eq(placements.jobId, jobId),
        eq(placements.attempt, attempt),
        sql`${placements.status} = 'stored'`,
        isNotNull(placements.destinationId),
      ),
    )
    .orderBy(placements.isSecondary)
    .limit(1);
  return row;
}

function isKnown(ctx: Ctx, { learned }: DestinationRow, bucket: string): boolean {
  const known = ownValue(learned?.visitors, bucket);
  return known !== undefined && ctx.now() - known.checkedAt < GOOD_FOR_MS;
}

async function ask(ctx: Ctx, { destination, bucket, key }: Stored): Promise<void> {
  const place = keyOf({ destinationId: destination.id, bucket });
  if (underWay.has(place)) return;
  underWay.add(place);
  try {
    const found = await checkPublicAccess(ctx, plainUrl(destination, { bucket, key }));
    if (found)
      await recordFacts(ctx, destination, { visitors: { [bucket]: { ...found, checkedAt: ctx.now() } } });
  } finally {
    underWay.delete(place);
  }
}
