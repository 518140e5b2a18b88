/** Seals credentials anew under the first key of CREDENTIAL_KEYS, so that the keys behind it can be taken away. */
import { and, asc, eq, gt, isNull, not, or, sql, type SQL } from 'drizzle-orm';
import { appErrorAsValue } from '../../app-error-as-value.ts';
import type { Ctx } from '../../context.ts';
import type { DestinationRow } from '../../db/rows.ts';
import { destinations } from '../../db/tables/destinations.ts';
import { AppError } from '../../errors.ts';
import { recordPrefixes } from './credential-cipher.ts';
import { openCredentials, sealCredentials } from './credentials.ts';
import { errorText } from '../../error-text.ts';

type RotationCtx = Pick<Ctx, 'config' | 'db'>;

/** Rows of one batch: each is two or three AES operations and one statement. */
const BATCH_ROWS = 50;
/** Batches of one sweep, each up to 51 statements. The next sweep continues. */
const MAX_BATCHES = 2;

export interface Rotation {
  /** Destinations whose credentials are now under the first key. */
  rotated: number;
  /** Saved by somebody else in the meantime, and so sealed anew already. */
  overtaken: number;
  /** Ids of those that do not open with the key that they name. */
  damaged: string[];
  /** Where the next batch begins; null after the last one. */
  next: string | null;
}

/**
 * One batch of the destinations that are sealed with a listed key other than the first, by id. Credentials alone change,
 * and only where they are still those that were read: a save at the same time wins. Safe to repeat and to run twice at once.
 */
export async function rotateBatch(ctx: RotationCtx, after: string | null): Promise<Rotation> {
  const rotation: Rotation = { rotated: 0, overtaken: 0, damaged: [], next: null };
  const [, ...old] = recordPrefixes(ctx.config);
  if (old.length === 0) return rotation;
  const rows = await ctx.db.query.destinations.findMany({
    where: and(or(...old.map(isSealedBy)), after === null ? undefined : gt(destinations.id, after)),
    orderBy: [asc(destinations.id)],
    limit: BATCH_ROWS,
  });
  for (const row of rows) {
    const outcome = await rotate(ctx, row);
    if (outcome === 'damaged') rotation.damaged.push(row.id);
    else rotation[outcome] += 1;
  }
  return { ...rotation, next: rows.length < BATCH_ROWS ? null : (rows.at(-1)?.id ?? null) };
}

/** Ids of the destinations whose key is not listed any more. */
export async function findUnreadable({ config, db }: RotationCtx): Promise<string[]> {
  const rows = await db
    .select({ id: destinations.id })
    .from(destinations)
    .where(not(or(...recordPrefixes(config).map(isSealedBy)) ?? sql`0`))
    .orderBy(destinations.id);
  return rows.map(({ id }) => id);
}

/** For the sweep: a deployed Worker has database and keys, so nobody else needs to. Costs nothing while one key is listed. */
export async function sweepCredentials(ctx: Ctx): Promise<void> {
  try {
    let next: string | null = null;
    for (let batch = 0; batch < MAX_BATCHES; batch++) {
      const { next: after, ...done }: Rotation = await rotateBatch(ctx, next);
      if (done.rotated > 0 || done.damaged.length > 0) ctx.log.info('credentials.rotated', { ...done });
      if (after === null) return;
      next = after;
    }
  } catch (error) {
    ctx.log.error('credentials.rotate_failed', { error: errorText(error) });
  }
}

async function rotate(ctx: RotationCtx, row: DestinationRow): Promise<'rotated' | 'overtaken' | 'damaged'> {
  const credentials = await appErrorAsValue(openCredentials(ctx, row));
  if (credentials instanceof AppError) return 'damaged';
  const updated = await ctx.db
    .update(destinations)
    .set(await sealCredentials(ctx, row, credentials))
    .where(and(eq(destinations.id, row.id), isUnchanged(row)))
    .returning({ id: destinations.id });
  return updated.length > 0 ? 'rotated' : 'overtaken';
}

function isUnchanged({ accessKeyId, secretAccessKey, sessionToken }: DestinationRow): SQL | undefined {
  return and(
    eq(destinations.accessKeyId, accessKeyId),
    eq(destinations.secretAccessKey, secretAccessKey),
    sessionToken === null ? isNull(destinations.sessionToken) : eq(destinations.sessionToken, sessionToken),
  );
}

/** The key id is always sealed with the oldest key of a row: the others are never sealed anew without it, save the token alone. */
function isSealedBy(prefix: string): SQL {
  return sql`substr(${destinations.accessKeyId}, 1, ${prefix.length}) = ${prefix}`;
}
