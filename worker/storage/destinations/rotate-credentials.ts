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
  /** Number of rows that were encrypted with the first key. */
  rotated: number;
  /** Number of rows that were saved meanwhile and so have the first key already. */
  overtaken: number;
  /** Ids of rows whose credentials cannot be decrypted with the key that they name. */
  damaged: string[];
  /** The id after which the next batch starts; null after the last batch. */
  next: string | null;
}

export type RotateBatch = (ctx: RotationCtx, after: string | null) => Promise<Rotation>;

/** The rows of one table whose credentials are rotated. */
export interface Rotatable<Row extends { id: string }> {
  /** Rows whose records begin with one of these prefixes, in order of their ids. */
  find: (asked: { prefixes: string[]; after: string | null; limit: number }) => Promise<Row[]>;
  /** Encrypts one row again, unless it has changed since it was read, so that a save at the same time wins. */
  rotate: (row: Row) => Promise<'rotated' | 'overtaken' | 'damaged'>;
}

/** Encrypts one batch of rows that use a listed key other than the first. Safe to repeat and to run twice at the same time. */
export async function rotateRows<Row extends { id: string }>(
  { config }: RotationCtx,
  { find, rotate }: Rotatable<Row>,
  after: string | null,
): Promise<Rotation> {
  const rotation: Rotation = { rotated: 0, overtaken: 0, damaged: [], next: null };
  const [, ...prefixes] = recordPrefixes(config);
  if (prefixes.length === 0) return rotation;
  const rows = await find({ prefixes, after, limit: BATCH_ROWS });
  for (const row of rows) {
    const outcome = await rotate(row);
    if (outcome === 'damaged') rotation.damaged.push(row.id);
    else rotation[outcome] += 1;
  }
  return { ...rotation, next: rows.length < BATCH_ROWS ? null : (rows.at(-1)?.id ?? null) };
}

/** Encrypts one batch of destinations. */
export const rotateBatch: RotateBatch = (ctx, after) => {
  const find: Rotatable<DestinationRow>['find'] = ({ prefixes, after: last, limit }) =>
    ctx.db.query.destinations.findMany({
      where: and(or(...prefixes.map(isSealedBy)), last === null ? undefined : gt(destinations.id, last)),
      orderBy: [asc(destinations.id)],
      limit,
    });
  return rotateRows(ctx, { find, rotate: (row) => rotateDestination(ctx, row) }, after);
};

/** Ids of the destinations whose key is no longer listed. */
export async function findUnreadable({ config, db }: RotationCtx): Promise<string[]> {
  const rows = await db
    .select({ id: destinations.id })
    .from(destinations)
    .where(not(or(...recordPrefixes(config).map(isSealedBy)) ?? sql`0`))
    .orderBy(destinations.id);
  return rows.map(({ id }) => id);
}

/** Rotates the credentials of one table, as part of the sweep. Does nothing while CREDENTIAL_KEYS has one key. */
export async function sweepCredentials(ctx: Ctx, rotate: RotateBatch = rotateBatch): Promise<void> {
  try {
    let next: string | null = null;
    for (let batch = 0; batch < MAX_BATCHES; batch++) {
      const { next: after, ...done }: Rotation = await rotate(ctx, next);
      if (done.rotated > 0 || done.damaged.length > 0) ctx.log.info('credentials.rotated', { ...done });
      if (after === null) return;
      next = after;
    }
  } catch (error) {
    ctx.log.error('credentials.rotate_failed', { error: errorText(error) });
  }
}

async function rotateDestination(
  ctx: RotationCtx,
  row: DestinationRow,
): Promise<'rotated' | 'overtaken' | 'damaged'> {
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
