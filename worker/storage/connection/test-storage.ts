import type { Ctx } from '../../context.ts';
import type { DestinationRow } from '../../db/rows.ts';
import { AppError } from '../../errors.ts';
import type { CheckName, ConnectionReport } from '../../contract/api/connection-report.ts';
import { fail } from './connection-report.ts';
import type { TestedSettings } from './connection-trial.ts';
import { checkEndpoint } from '../destinations/check-endpoint.ts';
import { openCredentials, sealChangedCredentials, sealNewCredentials } from '../destinations/credentials.ts';
import type { DestinationInput } from '../../contract/api/destination-input.ts';
import { toSettings } from '../destinations/settings.ts';
import { notFound, findReferred, type DestinationRef } from '../destinations/destinations.ts';
import { recordFacts } from '../destinations/learned-facts.ts';
import type { S3Credentials } from '../s3/target.ts';
import { testConnection } from './test-connection.ts';

/**
 * Tests a destination as it is saved, the default one without a name, and keeps what that teaches. AppError as
 * `getDestination`.
 */
export async function testStorage(ctx: Ctx, ref: DestinationRef): Promise<ConnectionReport> {
  const row = await findReferred(ctx, ref);
  if (!row) throw notFound(ref);
  const opened = await open(ctx, row);
  if ('ok' in opened) return opened;
  const { report, learned } = await testConnection(ctx, row, opened);
  ctx.log.info('test_connection.done', { destinationId: row.id, ok: report.ok });
  if (learned) await recordFacts(ctx, row, learned);
  return report;
}

/**
 * Tests settings before they are saved; secrets that are left out are the saved ones. Nothing is kept. AppError as
 * `saveDestination`.
 */
export async function testStorageInput(
  ctx: Ctx,
  ref: DestinationRef,
  input: DestinationInput,
): Promise<ConnectionReport> {
  const settings: TestedSettings = toSettings(ctx.config, input);
  const { report } = await testConnection(ctx, settings, await credentialsOf(ctx, ref, input));
  return report;
}

/** As a save would seal them, so that both have the same rules for what is left out. */
async function credentialsOf(ctx: Ctx, ref: DestinationRef, input: DestinationInput): Promise<S3Credentials> {
  const saved = await findReferred(ctx, ref);
  if (saved) return openCredentials(ctx, { ...saved, ...(await sealChangedCredentials(ctx, saved, input)) });
  const owner = { id: ctx.newId(), workspaceId: ref.workspaceId };
  return openCredentials(ctx, { ...owner, ...(await sealNewCredentials(ctx, owner, input)) });
}

/** The credentials; a report where that is as far as it gets. */
async function open(ctx: Ctx, row: DestinationRow): Promise<S3Credentials | ConnectionReport> {
  let name: CheckName = 'address';
  try {
    if (row.endpoint !== null) checkEndpoint(ctx.config, row.endpoint);
    name = 'credentials';
    return await openCredentials(ctx, row);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { ok: false, checks: [fail(name, error)], publiclyReadable: null, cors: null };
  }
}
