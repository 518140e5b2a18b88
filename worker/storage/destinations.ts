/** The bucket settings of a workspace: saved, shown without secrets, removed, and opened for one request. */
import { and, eq } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { DestinationRow } from '../db/rows.ts';
import { destinations } from '../db/schema.ts';
import { AppError } from '../errors.ts';
import { invalidFields } from '../http/error-body.ts';
import { checkEndpoint } from './check-endpoint.ts';
import { decryptCredential, encryptCredential, type CredentialPlace } from './credential-cipher.ts';
import type { DestinationInput, DestinationView } from './destination-input.ts';
import { cleanPath } from './object-key.ts';
import { endpointOf, s3Target, type S3Target, type TargetChoice } from './s3-target.ts';
import { profileForHost } from './provider-profiles.ts';

/** The one that requests use until they can name another. */
const DEFAULT_NAME = 'default';

/**
 * Saves the default destination, new or changed. AppError `invalid_request` (also when a key is missing that was never
 * saved) or `storage_address_forbidden`. A new access key id needs its secret with it.
 */
export async function saveDestination(
  ctx: Ctx,
  { workspaceId, input }: { workspaceId: string; input: DestinationInput },
): Promise<DestinationView> {
  const settings = {
    bucket: input.bucket,
    region: input.region,
    endpoint: input.endpoint === undefined ? null : checkEndpoint(ctx.config, input.endpoint),
    defaultPathPrefix: cleanPath(input.defaultPathPrefix ?? '', 'defaultPathPrefix') || null,
    updatedAt: ctx.now(),
  };
  const saved = await findDefaultDestination(ctx, workspaceId);
  if (!saved) return toView(await insertDestination(ctx, workspaceId, input, settings));
  const keys = await sealChangedKeys(ctx, saved, input);
  const [row] = await ctx.db
    .update(destinations)
    .set({ ...settings, ...keys })
    .where(eq(destinations.id, saved.id))
    .returning();
  if (!row) throw new AppError('storage_not_configured');
  return toView(row);
}

/** The default destination; AppError `storage_not_configured` when there is none. */
export async function getDestination(
  ctx: Ctx,
  { workspaceId }: { workspaceId: string },
): Promise<DestinationView> {
  const row = await findDefaultDestination(ctx, workspaceId);
  if (!row) throw new AppError('storage_not_configured');
  return toView(row);
}

/** Forgets the default destination and its credentials; AppError `storage_not_configured` when there is none. */
export async function deleteDestination(ctx: Ctx, { workspaceId }: { workspaceId: string }): Promise<void> {
  const rows = await ctx.db
    .delete(destinations)
    .where(isDefaultOf(workspaceId))
    .returning({ id: destinations.id });
  if (rows.length === 0) throw new AppError('storage_not_configured');
}

/** The row of the default destination, for the verbs that upload. */
export function findDefaultDestination(ctx: Ctx, workspaceId: string): Promise<DestinationRow | undefined> {
  return ctx.db.query.destinations.findFirst({ where: isDefaultOf(workspaceId) });
}

/** The row of a destination by its id. */
export function findDestination(ctx: Ctx, id: string): Promise<DestinationRow | undefined> {
  return ctx.db.query.destinations.findFirst({ where: eq(destinations.id, id) });
}

/**
 * The destination ready for requests, its credentials in the clear: not to be stored, logged or sent. `choice` is what a
 * request says beside the settings.
 * AppError `storage_credentials_unreadable`, or `storage_address_forbidden` when the operator has closed the host since.
 */
export async function openDestination(
  ctx: Ctx,
  row: DestinationRow,
  choice: TargetChoice = {},
): Promise<S3Target> {
  if (row.endpoint !== null) checkEndpoint(ctx.config, row.endpoint);
  const [accessKeyId, secretAccessKey] = await Promise.all([
    openField(ctx, row, 'accessKeyId'),
    openField(ctx, row, 'secretAccessKey'),
  ]);
  return s3Target(row, { accessKeyId, secretAccessKey }, choice);
}

async function insertDestination(
  ctx: Ctx,
  workspaceId: string,
  input: DestinationInput,
  settings: Pick<DestinationRow, 'bucket' | 'region' | 'endpoint' | 'defaultPathPrefix' | 'updatedAt'>,
): Promise<DestinationRow> {
  const id = ctx.newId();
  const keys = await sealKeys(ctx, { id, workspaceId }, requireBoth(input));
  const [row] = await ctx.db
    .insert(destinations)
    .values({
      id,
      workspaceId,
      name: DEFAULT_NAME,
      isDefault: true,
      createdAt: ctx.now(),
      ...settings,
      ...keys,
    })
    .onConflictDoNothing()
    .returning();
  // Somebody saved the first settings in the same moment: theirs stand.
  return row ?? (await findOrThrow(ctx, workspaceId));
}

async function findOrThrow(ctx: Ctx, workspaceId: string): Promise<DestinationRow> {
  const row = await findDefaultDestination(ctx, workspaceId);
  if (!row) throw new Error('the destination was neither inserted nor found');
  return row;
}

/** Nothing when the saved keys stay; a new secret may come without the key id that it belongs to, not the other way round. */
async function sealChangedKeys(ctx: Ctx, saved: DestinationRow, input: DestinationInput) {
  const { accessKeyId, secretAccessKey } = input;
  if (secretAccessKey === undefined) {
    if (accessKeyId === undefined || accessKeyId === (await openField(ctx, saved, 'accessKeyId'))) return {};
    throw missing('secretAccessKey');
  }
  const keyId = accessKeyId ?? (await openField(ctx, saved, 'accessKeyId'));
  return sealKeys(ctx, saved, { accessKeyId: keyId, secretAccessKey });
}

function openField(ctx: Ctx, row: DestinationRow, field: CredentialPlace['field']): Promise<string> {
  return decryptCredential(ctx.config, placeOf(row, field), row[field]);
}

function requireBoth({ accessKeyId, secretAccessKey }: DestinationInput) {
  if (accessKeyId === undefined) throw missing('accessKeyId');
  if (secretAccessKey === undefined) throw missing('secretAccessKey');
  return { accessKeyId, secretAccessKey };
}

function missing(field: 'accessKeyId' | 'secretAccessKey'): AppError {
  return invalidFields([{ field, message: `${field} is required` }]);
}

async function sealKeys(
  ctx: Ctx,
  owner: Pick<DestinationRow, 'id' | 'workspaceId'>,
  keys: { accessKeyId: string; secretAccessKey: string },
) {
  const [accessKeyId, secretAccessKey] = await Promise.all([
    encryptCredential(ctx.config, placeOf(owner, 'accessKeyId'), keys.accessKeyId),
    encryptCredential(ctx.config, placeOf(owner, 'secretAccessKey'), keys.secretAccessKey),
  ]);
  return { accessKeyId, secretAccessKey, accessKeyIdLastFour: keys.accessKeyId.slice(-4) };
}

function placeOf(
  { id, workspaceId }: Pick<DestinationRow, 'id' | 'workspaceId'>,
  field: CredentialPlace['field'],
): CredentialPlace {
  return { workspaceId, destinationId: id, field };
}

function isDefaultOf(workspaceId: string) {
  return and(eq(destinations.workspaceId, workspaceId), eq(destinations.isDefault, true));
}

function toView(row: DestinationRow): DestinationView {
  const { name, bucket, region, endpoint, defaultPathPrefix, accessKeyIdLastFour } = row;
  return {
    name,
    provider: profileForHost(endpointOf(row).hostname).name,
    bucket,
    region,
    endpoint,
    defaultPathPrefix,
    accessKeyIdLastFour,
    createdAt: new Date(row.createdAt).toISOString(),
    updatedAt: new Date(row.updatedAt).toISOString(),
  };
}
