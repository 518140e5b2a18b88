/** Test Connection for saved destinations, and for settings before they are saved. */
import type { Ctx } from '../../context.ts';
import type { DestinationRow } from '../../db/rows.ts';
import { appErrorAsValue } from '../../app-error-as-value.ts';
import { AppError } from '../../errors.ts';
import type {
  CheckName,
  ConnectionCheck,
  ConnectionReport,
} from '../../contract/api/storage/connection-report.ts';
import { fail } from './connection-report.ts';
import type { TestedSettings } from './connection-trial.ts';
import { checkEndpoint } from '../destinations/check-endpoint.ts';
import { openCredentials, sealChangedCredentials, sealNewCredentials } from '../destinations/credentials.ts';
import type { DestinationInput } from '../../contract/api/storage/destination-input.ts';
import { toSettings } from '../destinations/settings.ts';
import { findReferred, getDestination, type DestinationRef } from '../destinations/destinations.ts';
import { recordFacts } from '../destinations/learned-facts.ts';
import type { S3Credentials } from '../s3/target.ts';
import { testConnection } from './test-connection.ts';

/** A saved destination after its test. */
export interface TestedDestination {
  report: ConnectionReport;
  /** With the facts that the test taught. */
  row: DestinationRow;
  areCredentialsReadable: boolean;
}

/** Tests the saved settings of a destination, the default one without a name. AppError as `getDestination`. */
export async function testStorage(ctx: Ctx, ref: DestinationRef): Promise<ConnectionReport> {
  const { report } = await testDestination(ctx, await getDestination(ctx, ref));
  return report;
}

/** Tests a destination that the caller has read, and stores what that teaches. Decrypts its credentials once. */
export async function testDestination(ctx: Ctx, row: DestinationRow): Promise<TestedDestination> {
  const credentials = await appErrorAsValue(openCredentials(ctx, row));
  const areCredentialsReadable = !(credentials instanceof AppError);
  const refused = endpointRefusal(ctx, row);
  if (refused) return { report: failedReport('address', refused), row, areCredentialsReadable };
  if (credentials instanceof AppError)
    return { report: failedReport('credentials', credentials), row, areCredentialsReadable };
  const { report, learned } = await testConnection(ctx, row, credentials);
  ctx.log.info('storage.tested', { destinationId: row.id, ok: report.ok });
  const taught = learned ? await recordFacts(ctx, row, learned) : undefined;
  return { report, row: taught ?? row, areCredentialsReadable };
}

/** The refusal of an endpoint that the operator no longer allows; null for an allowed one. */
function endpointRefusal({ config }: Ctx, { endpoint }: DestinationRow): AppError | null {
  try {
    if (endpoint !== null) checkEndpoint(config, endpoint);
    return null;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

function failedReport(name: CheckName, error: AppError): ConnectionReport {
  return { ok: false, checks: [fail(name, error)], publiclyReadable: null, cors: null };
}

/**
 * Tests settings before they are saved, with the saved secrets if they are left out. Stores nothing. AppError as
 * `saveDestination`.
 */
export async function testStorageInput(
  ctx: Ctx,
  ref: DestinationRef,
  input: DestinationInput,
): Promise<ConnectionReport> {
  return (await prepareTest(ctx, ref, input))();
}

/**
 * The test of `testStorageInput` in two steps: this one refuses bad input, and the function that it returns runs the test and
 * tells about each check as it ends.
 */
export async function prepareTest(
  ctx: Ctx,
  ref: DestinationRef,
  input: DestinationInput,
): Promise<(onCheck?: (check: ConnectionCheck) => void) => Promise<ConnectionReport>> {
  const settings: TestedSettings = toSettings(ctx.config, input);
  const credentials = await credentialsOf(ctx, ref, input);
  return async (onCheck) => (await testConnection(ctx, settings, credentials, { onCheck })).report;
}

/** Encrypts as a save does and decrypts again, so that both have the same rules for secrets that are left out. */
async function credentialsOf(ctx: Ctx, ref: DestinationRef, input: DestinationInput): Promise<S3Credentials> {
  const saved = await findReferred(ctx, ref);
  if (saved) return openCredentials(ctx, { ...saved, ...(await sealChangedCredentials(ctx, saved, input)) });
  const owner = { id: ctx.newId(), workspaceId: ref.workspaceId };
  return openCredentials(ctx, { ...owner, ...(await sealNewCredentials(ctx, owner, input)) });
}
