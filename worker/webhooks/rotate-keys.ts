/** Encrypts the secrets of endpoints again with the first key of CREDENTIAL_KEYS, like the credentials of destinations. */
import { and, asc, eq, gt, isNull, not, or, sql, type SQL } from 'drizzle-orm';
import { appErrorAsValue } from '../app-error-as-value.ts';
import type { Ctx } from '../context.ts';
import type { WebhookEndpointRow } from '../db/rows.ts';
import { webhookEndpoints } from '../db/tables/webhooks.ts';
import { AppError } from '../errors.ts';
import { recordPrefixes } from '../storage/destinations/credential-cipher.ts';
import { rotateRows, type Rotatable, type RotateBatch } from '../storage/destinations/rotate-credentials.ts';
import { openSecret, sealSecret } from './endpoint-secrets.ts';

type RotationCtx = Pick<Ctx, 'config' | 'db'>;
type Row = WebhookEndpointRow;

/** Encrypts one batch of endpoints. */
export const rotateSecretsBatch: RotateBatch = (ctx, after) => {
  const find: Rotatable<Row>['find'] = ({ prefixes, after: last, limit }) =>
    ctx.db.query.webhookEndpoints.findMany({
      where: and(or(...prefixes.map(isSealedBy)), last === null ? undefined : gt(webhookEndpoints.id, last)),
      orderBy: [asc(webhookEndpoints.id)],
      limit,
    });
  return rotateRows(ctx, { find, rotate: (row) => rotate(ctx, row) }, after);
};

/** Ids of the endpoints whose key is no longer listed. */
export async function findUnreadableSecrets({ config, db }: RotationCtx): Promise<string[]> {
  const listed = or(
    ...recordPrefixes(config).map((prefix) => beginsWith(sql`${webhookEndpoints.secret}`, prefix)),
  );
  const rows = await db
    .select({ id: webhookEndpoints.id })
    .from(webhookEndpoints)
    .where(not(listed ?? sql`0`))
    .orderBy(webhookEndpoints.id);
  return rows.map(({ id }) => id);
}

async function rotate(ctx: RotationCtx, row: Row): Promise<'rotated' | 'overtaken' | 'damaged'> {
  const secret = await sealAgain(ctx, row, row.secret);
  if (secret === null) return 'damaged';
  // One that cannot be read signs nothing, so it is dropped.
  const previousSecret = row.previousSecret === null ? null : await sealAgain(ctx, row, row.previousSecret);
  const isUnchanged = and(
    eq(webhookEndpoints.secret, row.secret),
    row.previousSecret === null
      ? isNull(webhookEndpoints.previousSecret)
      : eq(webhookEndpoints.previousSecret, row.previousSecret),
  );
  const updated = await ctx.db
    .update(webhookEndpoints)
    .set({ secret, previousSecret })
    .where(and(eq(webhookEndpoints.id, row.id), isUnchanged))
    .returning({ id: webhookEndpoints.id });
  return updated.length > 0 ? 'rotated' : 'overtaken';
}

async function sealAgain(ctx: RotationCtx, row: Row, record: string): Promise<string | null> {
  const opened = await appErrorAsValue(openSecret(ctx, row, record));
  return opened instanceof AppError ? null : sealSecret(ctx, row, opened);
}

function isSealedBy(prefix: string): SQL | undefined {
  return or(
    beginsWith(sql`${webhookEndpoints.secret}`, prefix),
    beginsWith(sql`${webhookEndpoints.previousSecret}`, prefix),
  );
}

function beginsWith(column: SQL, prefix: string): SQL {
  return sql`substr(${column}, 1, ${prefix.length}) = ${prefix}`;
}
