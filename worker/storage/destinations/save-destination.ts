import { and, eq, ne } from 'drizzle-orm';
import { auditRow, type By } from '../../audit/audit-row.ts';
import type { Ctx } from '../../context.ts';
import type { DestinationRow } from '../../db/rows.ts';
import type { LearnedFacts } from '../../db/destination-columns.ts';
import { destinations } from '../../db/tables/destinations.ts';
import { AppError, invalidFields } from '../../errors.ts';
import { sealChangedCredentials, sealNewCredentials } from './credentials.ts';
import type { DestinationInput } from '../../contract/api/storage/destination-input.ts';
import { toSettings, type DestinationSettings } from './settings.ts';
import { findReferred, type DestinationRef } from './destinations.ts';

type SavedInput = { input: DestinationInput; actor: By['actor'] };

/** The name that `PUT /storage` gives to the first destination. */
const DEFAULT_NAME = 'default';
/** Maximum number of destinations in a workspace. */
const MAX_DESTINATIONS = 100;
/** A row may be created or deleted between the read and the write. Then the save is repeated. */
const MAX_TRIES = 3;

/**
 * Creates or changes the named destination, or the default destination. The first destination of a workspace becomes the
 * default one, unless the request says otherwise. AppError `invalid_request`, also when a credential was never saved;
 * `storage_address_forbidden`; or `storage_credentials_unreadable` when a saved credential is needed.
 */
export async function saveDestination(
  ctx: Ctx,
  { workspaceId, name, input, actor }: DestinationRef & By & { input: DestinationInput },
): Promise<DestinationRow> {
  const settings = toSettings(ctx.config, input);
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const saved = await findSaved(ctx, { workspaceId, name });
    if (saved?.isDefault && input.isDefault === false) throw lastDefault();
    const row = saved
      ? await update(ctx, saved, { input, actor }, settings)
      : await insert(ctx, { workspaceId, name: name ?? DEFAULT_NAME }, { input, actor }, settings);
    if (row) return makeDefault(ctx, row, wantsDefault(input, name));
  }
  throw new AppError('internal_error');
}

/** Without a default destination, `PUT /storage` changes the destination with the default name, if it exists. */
async function findSaved(ctx: Ctx, ref: DestinationRef): Promise<DestinationRow | undefined> {
  const row = await findReferred(ctx, ref);
  return row ?? (ref.name === undefined ? findReferred(ctx, { ...ref, name: DEFAULT_NAME }) : undefined);
}

function wantsDefault({ isDefault }: DestinationInput, name: string | undefined): boolean | undefined {
  return name === undefined ? true : isDefault;
}

async function update(
  ctx: Ctx,
  saved: DestinationRow,
  { input, actor }: SavedInput,
  settings: DestinationSettings,
): Promise<DestinationRow | undefined> {
  const keys = await sealChangedCredentials(ctx, saved, input);
  // Facts about one bucket, account or host may be wrong for another.
  const isElsewhere =
    'secretAccessKey' in keys ||
    settings.endpoint !== saved.endpoint ||
    settings.region !== saved.region ||
    settings.bucket !== saved.bucket;
  const [, [row]] = await ctx.db.batch([
    auditOfSave(ctx, { ...saved, bucket: settings.bucket }, actor),
    ctx.db
      .update(destinations)
      .set({
        ...settings,
        ...keys,
        learned: isElsewhere ? null : factsToKeep(saved.learned),
        updatedAt: ctx.now(),
      })
      .where(eq(destinations.id, saved.id))
      .returning(),
  ]);
  return row;
}

/** Drops facts that the owner may have changed at the provider before saving, so that they are tried again. */
function factsToKeep(learned: LearnedFacts | null): LearnedFacts | null {
  const { unsupportedHeaders: _, visitors: __, ...facts } = learned ?? {};
  return learned && facts;
}

/** Returns undefined when another request created the name meanwhile. */
async function insert(
  ctx: Ctx,
  { workspaceId, name }: { workspaceId: string; name: string },
  { input, actor }: SavedInput,
  settings: DestinationSettings,
): Promise<DestinationRow | undefined> {
  const id = ctx.newId();
  const keys = await sealNewCredentials(ctx, { id, workspaceId }, input);
  const count = await ctx.db.$count(destinations, eq(destinations.workspaceId, workspaceId));
  if (count >= MAX_DESTINATIONS) throw tooMany();
  const now = ctx.now();
  const times = { createdAt: now, updatedAt: now };
  const [[row]] = await ctx.db.batch([
    ctx.db
      .insert(destinations)
      .values({ id, workspaceId, name, isDefault: false, ...times, ...settings, ...keys })
      .onConflictDoNothing()
      .returning(),
    auditOfSave(ctx, { id, workspaceId, name, bucket: settings.bucket }, actor),
  ]);
  const isFirst = count === 0 && input.isDefault !== false;
  return row && isFirst ? makeDefault(ctx, row, true) : row;
}

/** In the batch that changes or inserts the row. */
function auditOfSave(
  ctx: Ctx,
  { id, workspaceId, name, bucket }: Pick<DestinationRow, 'id' | 'workspaceId' | 'name' | 'bucket'>,
  actor: By['actor'],
) {
  const change = {
    by: { workspaceId, actor },
    action: 'storage.saved' as const,
    subjectId: id,
    subjectName: name,
    details: { bucket },
  };
  return auditRow(ctx, change, { table: destinations, where: eq(destinations.id, id) });
}

/** Makes the destination the default one instead of any other. */
async function makeDefault(
  ctx: Ctx,
  row: DestinationRow,
  wanted: boolean | undefined,
): Promise<DestinationRow> {
  if (!wanted || row.isDefault) return row;
  const { id, workspaceId } = row;
  const [, promoted] = await ctx.db.batch([
    ctx.db
      .update(destinations)
      .set({ isDefault: false })
      .where(
        and(
          eq(destinations.workspaceId, workspaceId),
          eq(destinations.isDefault, true),
          ne(destinations.id, id),
        ),
      ),
    ctx.db.update(destinations).set({ isDefault: true }).where(eq(destinations.id, id)).returning(),
  ]);
  return promoted[0] ?? row;
}

function lastDefault(): AppError {
  const message = 'isDefault cannot be removed: make another destination the default one instead';
  return invalidFields([{ field: 'isDefault', message }]);
}

function tooMany(): AppError {
  const message = `name: a workspace may have at most ${MAX_DESTINATIONS} destinations`;
  return invalidFields([{ field: 'name', message }]);
}
