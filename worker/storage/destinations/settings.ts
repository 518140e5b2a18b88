/** Converts the input of a save to columns, and checks it against the table of providers. */
import type { Config } from '../../config.ts';
import type { DestinationRow } from '../../db/rows.ts';
import { invalidFields } from '../../errors.ts';
import { checkEndpoint, checkPublicUrl } from './check-endpoint.ts';
import type { DestinationInput } from '../../contract/api/storage/destination-input.ts';
import { cleanPath } from '../names/object-key.ts';
import { checkStorageClass, profileForHost } from '../s3/provider-profiles.ts';
import { endpointOf } from '../s3/target.ts';

/** The columns that every save replaces. */
export type DestinationSettings = Omit<
  DestinationRow,
  | 'id'
  | 'workspaceId'
  | 'name'
  | 'isDefault'
  | 'learned'
  | 'sessionToken'
  | 'accessKeyId'
  | 'secretAccessKey'
  | 'accessKeyIdLastFour'
  | 'createdAt'
  | 'updatedAt'
>;

/** The columns for this input. AppError `invalid_request`, or `storage_address_forbidden`. */
export function toSettings(config: Config, input: DestinationInput): DestinationSettings {
  const { endpoint, publicBaseUrl, presignedUrlSeconds, storageClass } = input;
  if (publicBaseUrl !== undefined && presignedUrlSeconds !== undefined) {
    const message =
      'presignedUrlSeconds cannot be combined with publicBaseUrl, because a signature is valid for one host only';
    throw invalidFields([{ field: 'presignedUrlSeconds', message }]);
  }
  const settings = {
    bucket: input.bucket,
    region: input.region,
    endpoint: endpoint === undefined ? null : checkEndpoint(config, endpoint),
    defaultPathPrefix: cleanPath(input.defaultPathPrefix ?? '', 'defaultPathPrefix') || null,
    storageClass: storageClass ?? null,
    acl: input.acl ?? null,
    sse: toEncryption(input.sse),
    tags: input.tags ?? null,
    metadata: input.metadata ?? null,
    expectedBucketOwner: input.expectedBucketOwner ?? null,
    publicBaseUrl: publicBaseUrl === undefined ? null : checkPublicUrl(config, publicBaseUrl),
    presignedUrlSeconds: presignedUrlSeconds ?? null,
    addressing: input.addressing ?? 'auto',
    fallback: input.fallback ?? 'service',
    allowedBuckets: input.allowedBuckets ?? null,
  };
  requireStorageClass(settings, storageClass);
  return settings;
}

/** AppError `invalid_request` when the provider is known not to have the storage class. It lists the existing classes. */
export function requireStorageClass(
  settings: Pick<DestinationRow, 'endpoint' | 'region'>,
  storageClass: string | undefined,
): void {
  if (storageClass === undefined) return;
  const profile = profileForHost(endpointOf(settings).hostname);
  const checked = checkStorageClass(profile, storageClass);
  if (checked.ok) return;
  const message = `storageClass: ${profile.name} has no ${storageClass}; it has ${checked.known.join(', ')}`;
  throw invalidFields([{ field: 'storageClass', message }]);
}

function toEncryption(sse: DestinationInput['sse']): DestinationRow['sse'] {
  if (sse === undefined) return null;
  if (sse.type === 'AES256' || sse.kmsKeyId === undefined) return { type: sse.type };
  return { type: sse.type, kmsKeyId: sse.kmsKeyId };
}
