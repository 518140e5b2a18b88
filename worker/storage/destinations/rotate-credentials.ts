/** Encrypts saved credentials again with the first key of CREDENTIAL_KEYS, so that the operator can remove the other keys. */
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

/** Rows of one batch. Each takes a few AES operations and one statement. */
const BATCH_ROWS = 50;
/** Batches of one sweep, each up to 51 statements. The next sweep continues. */
const MAX_BATCHES = 2;

export interface Rotation {
  /** Number of destinations that were encrypted with the first key. */
  rotated: number;
  /** Number of destinations that were saved meanwhile and so have the first key already. */
  overtaken: number;
  /** Ids of destinations whose credentials cannot be decrypted with the key that they name. */
  damaged: string[];
  /** The id after which the next batch starts; null after the last batch. */
  next: string | null;
}

/**
 * Encrypts one batch of destinations, in order of their ids, that use a listed key other than the first. Changes a row
 * only if its credentials are still those that were read, so a save at the same time wins. Safe to repeat and to run
 * twice at the same time.
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

/** Ids of the destinations whose key is no longer listed. */
export async function findUnreadable({ config, db }: RotationCtx): Promise<string[]> {
  const rows = await db
    .select({ id: destinations.id })
    .from(destinations)
    .where(not(or(...recordPrefixes(config).map(isSealedBy)) ?? sql`0`))
    .orderBy(destinations.id);
  return rows.map(({ id }) => id);
}

/** Rotates all credentials, as part of the sweep. Does nothing while CREDENTIAL_KEYS has one key. */
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

/** Looks at the access key id only, because no other credential of a row has an older key. */
function isSealedBy(prefix: string): SQL {
  return sql`substr(${destinations.accessKeyId}, 1, ${prefix.length}) = ${prefix}`;
}
