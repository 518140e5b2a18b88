/** Finds, lists and deletes the destinations of a workspace, and opens one for requests. */
import { and, asc, desc, eq, sql, type SQL } from 'drizzle-orm';
import { auditRow, type By } from '../../audit/audit-row.ts';
import type { Ctx } from '../../context.ts';
import { prepared, rowOf, runBound } from '../../db/prepared.ts';
import type { DestinationRow } from '../../db/rows.ts';
import { destinations } from '../../db/tables/destinations.ts';
import { AppError } from '../../errors.ts';
import { checkEndpoint } from './check-endpoint.ts';
import { openCredentials } from './credentials.ts';
import { keepJobsOutOfService } from './keep-out-of-service.ts';
import { s3Target, type S3Target, type TargetChoice } from '../s3/target.ts';

/** Refers to a destination by its name, or to the default destination. */
export interface DestinationRef {
  workspaceId: string;
  name?: string | undefined;
}

/** AppError `storage_not_configured` without a default destination, `destination_not_found` for a name. */
export async function getDestination(ctx: Ctx, ref: DestinationRef): Promise<DestinationRow> {
  const row = await findReferred(ctx, ref);
  if (!row) throw notFound(ref);
  return row;
}

/** All destinations of the workspace: the default one first, then by name. */
export function listDestinations(ctx: Ctx, workspaceId: string): Promise<DestinationRow[]> {
  return ctx.db.query.destinations.findMany({
    where: eq(destinations.workspaceId, workspaceId),
    orderBy: [desc(destinations.isDefault), asc(destinations.name)],
  });
}

/**
 * Deletes a destination and its credentials. AppError as `getDestination`. No other destination becomes the default one,
 * since files must not go to a bucket that nobody chose for them.
 */
export async function deleteDestination(ctx: Ctx, ref: DestinationRef & By): Promise<void> {
  const change = { by: ref, action: 'storage.deleted' as const, subjectName: destinations.name };
  const [, , rows] = await ctx.db.batch([
    keepJobsOutOfService(ctx, isReferred(ref)),
    auditRow(ctx, change, { table: destinations, where: isReferred(ref) }),
    ctx.db.delete(destinations).where(isReferred(ref)).returning({ id: destinations.id }),
  ]);
  if (rows.length === 0) throw notFound(ref);
}

/** The row of a destination by its id. */
export function findDestination(ctx: Ctx, id: string): Promise<DestinationRow | undefined> {
  return ctx.db.query.destinations.findFirst({ where: eq(destinations.id, id) });
}

/** The row of the named destination, or of the default destination. */
export async function findReferred(
  { db }: Ctx,
  { workspaceId, name }: DestinationRef,
): Promise<DestinationRow | undefined> {
  const select =
    name === undefined ? selectDefault(db, { workspaceId }) : selectNamed(db, { workspaceId, name });
  return (await runBound(db, [select]))[0][0];
}

const ofWorkspace = sql`SELECT * FROM ${destinations} WHERE workspace_id = ${sql.placeholder('workspaceId')}`;
const selectDefault = prepared(sql`${ofWorkspace} AND is_default = 1`, rowOf(destinations));
const selectNamed = prepared(sql`${ofWorkspace} AND name = ${sql.placeholder('name')}`, rowOf(destinations));

/** The statement that reads the default destination of the workspace whose API key has the hash `keyHash`. */
export const selectDefaultOfKey = prepared(
  sql`SELECT destinations.* FROM api_keys JOIN ${destinations} ON destinations.workspace_id = api_keys.workspace_id
    WHERE api_keys.hash = ${sql.placeholder('keyHash')} AND destinations.is_default = 1`,
  rowOf(destinations),
);

/**
 * Opens a destination for requests. The target has decrypted credentials: do not store, log or send it. `choice` is what
 * the request overrides. AppError `storage_credentials_unreadable`, or `storage_address_forbidden` when the operator no
 * longer allows the host.
 */
export async function openDestination(
  ctx: Ctx,
  row: DestinationRow,
  choice: TargetChoice = {},
): Promise<S3Target> {
  if (row.endpoint !== null) checkEndpoint(ctx.config, row.endpoint);
  return s3Target(row, await openCredentials(ctx, row), choice);
}

function isReferred({ workspaceId, name }: DestinationRef): SQL | undefined {
  return and(
    eq(destinations.workspaceId, workspaceId),
    // Written out, so that SQLite compiles it once: it may use an index of the default destinations.
    name === undefined ? sql`${destinations.isDefault} = 1` : eq(destinations.name, name),
  );
}

/** The AppError for a missing destination: `storage_not_configured` or `destination_not_found`. */
export function notFound({ name }: DestinationRef): AppError {
  return new AppError(name === undefined ? 'storage_not_configured' : 'destination_not_found');
}
