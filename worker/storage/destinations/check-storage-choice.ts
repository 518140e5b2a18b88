/** Checks the storage options of a request against the settings, before anything is downloaded. */
import { eq } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import type { StorageChoice } from '../../contract/api/import-request.ts';
import type { DestinationRow } from '../../db/rows.ts';
import { destinationNames, type NamedDestinations } from '../../contract/api/storage/destination-list.ts';
import { destinations } from '../../db/tables/destinations.ts';
import { AppError, invalidFields } from '../../errors.ts';
import { isReadable } from './several-destinations.ts';
import { requireStorageClass } from './settings.ts';
import { findReferred } from './destinations.ts';
import { checkTemplate } from '../names/key-template.ts';
import { cleanText } from '../names/key-text.ts';
import { cleanPath } from '../names/object-key.ts';
import { profileForHost } from '../s3/provider-profiles.ts';
import type { Support } from '../s3/provider-table.ts';
import { endpointOf } from '../s3/target.ts';

/** The storage options of a request. */
const CHOICES = [
  'storageDestination',
  'storageDestinations',
  'storageBucket',
  'storagePath',
  'storageFilename',
  'storageClass',
  'storageConflict',
] as const;

/** The storage options of an import. */
type ImportChoice = StorageChoice & NamedDestinations;

/**
 * Checks the storage options of an import against its destinations, if it has any. Returns warnings for the job. `find` looks
 * for a destination: a caller that checks many requests looks for each one only once. AppError
 * `invalid_request` that names the field.
 */
export async function checkImportChoice(
  ctx: Ctx,
  workspaceId: string,
  request: ImportChoice & { store?: boolean | undefined },
  find = findReferred,
): Promise<string[]> {
  checkNames(request);
  const { store } = request;
  const rows: DestinationRow[] = [];
  for (const name of destinationNames(request)) {
    if (name === undefined && store !== true) return withoutEffect(request);
    const destination = await find(ctx, { workspaceId, name });
    if (!destination && name !== undefined) throw await unknownDestination(ctx, workspaceId, name, request);
    if (destination) rows.push(destination);
  }
  const warnings = rows.flatMap((destination) => checkAgainstSettings(destination, request));
  if (store !== true) return withoutEffect(request);
  requireCopySource(rows);
  return [...new Set(warnings)];
}

/** Storage options without `store` are valid, but a client may have forgotten `store`, so the job gets a warning. */
function withoutEffect(request: ImportChoice): string[] {
  const names = CHOICES.filter((name) => request[name] !== undefined);
  if (names.length === 0) return [];
  return [`Without "store": true, files do not go to the S3 storage: ${names.join(', ')} had no effect.`];
}

/** The file reaches one destination with the import, and the others as a copy: of that one, or of service storage. */
function requireCopySource(rows: DestinationRow[]): void {
  if (rows.length < 2 || rows.some((row) => row.fallback === 'service' || isReadable(row))) return;
  throw invalid(
    'storageDestinations',
    'the file cannot be copied from one destination to the others: grant s3:GetObject in one of them and test its connection, or set its fallback to "service"',
  );
}

/** The same for a destination that the caller has read. */
export function checkStorageChoice(destination: DestinationRow, choice: StorageChoice): string[] {
  checkNames(choice);
  return checkAgainstSettings(destination, choice);
}

function checkAgainstSettings(destination: DestinationRow, choice: StorageChoice): string[] {
  const { storageBucket, storageClass, storageConflict } = choice;
  if (!isBucketAllowed(destination, storageBucket)) throw bucketNotAllowed(destination, storageBucket);
  requireStorageClass(destination, storageClass);
  if (!isConditional(choice)) return [];
  const support = conditionalWritesOf(destination);
  if (support === 'no') throw conflictUnsupported(destination, storageConflict);
  return support === 'yes'
    ? []
    : [
        `The storage may not support conditional writes: despite storageConflict "${storageConflict}", an object of the same name may have been overwritten.`,
      ];
}

/** True when an existing object must not be overwritten. */
export function isConditional({ storageConflict }: Pick<StorageChoice, 'storageConflict'>): boolean {
  return storageConflict === 'rename' || storageConflict === 'fail';
}

/** AppError `storage_bucket_not_allowed`. Checked again here, because the settings may have changed since the request. */
export function checkBucketAllowed(destination: DestinationRow, bucket: string | undefined): void {
  if (!isBucketAllowed(destination, bucket)) throw new AppError('storage_bucket_not_allowed');
}

/** Reports wrong paths and placeholders early. The key itself is built later, when the title is known. */
function checkNames({ storagePath, storageFilename }: StorageChoice): void {
  cleanPath(storagePath ?? '', 'storagePath');
  checkTemplate(cleanText(storageFilename ?? ''), 'storageFilename');
}

function isBucketAllowed(
  { bucket: own, allowedBuckets }: DestinationRow,
  bucket: string | undefined,
): boolean {
  return bucket === undefined || bucket === own || allowedBuckets === null || allowedBuckets.includes(bucket);
}

/** The result of a test takes precedence over the table of providers. */
function conditionalWritesOf(destination: DestinationRow): Support {
  const seen = destination.learned?.conditionalWrites;
  if (seen !== undefined) return seen ? 'yes' : 'no';
  return profileForHost(endpointOf(destination).hostname).conditionalWrites;
}

/** The AppError `invalid_request` for an unknown destination. It lists the existing names. */
export async function unknownDestination(
  ctx: Ctx,
  workspaceId: string,
  name: string,
  { storageDestinations }: NamedDestinations = {},
): Promise<AppError> {
  const rows = await ctx.db
    .select({ name: destinations.name })
    .from(destinations)
    .where(eq(destinations.workspaceId, workspaceId))
    .orderBy(destinations.name);
  const known = rows.length === 0 ? 'none exists' : `existing: ${rows.map((row) => row.name).join(', ')}`;
  const field = storageDestinations === undefined ? 'storageDestination' : 'storageDestinations';
  return invalid(field, `no destination has the name ${name}; ${known}`);
}

function bucketNotAllowed({ name, bucket: own, allowedBuckets }: DestinationRow, bucket: string | undefined) {
  const known = [...new Set([own, ...(allowedBuckets ?? [])])].join(', ');
  return invalid('storageBucket', `destination ${name} does not allow ${bucket}; it allows ${known}`);
}

function conflictUnsupported(destination: DestinationRow, storageConflict: string | undefined): AppError {
  const { name } = profileForHost(endpointOf(destination).hostname);
  return invalid('storageConflict', `${name} has no conditional writes, which ${storageConflict} needs`);
}

function invalid(field: keyof ImportChoice, problem: string): AppError {
  return invalidFields([{ field, message: `${field}: ${problem}` }]);
}
