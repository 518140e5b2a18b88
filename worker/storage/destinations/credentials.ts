/** Encrypts and decrypts the credentials of a destination. An update that leaves credentials out keeps the saved ones. */
import { appErrorAsValue } from '../../app-error-as-value.ts';
import type { Ctx } from '../../context.ts';
import type { DestinationRow } from '../../db/rows.ts';
import { AppError, invalidFields } from '../../errors.ts';
import { decryptCredential, encryptCredential, type CredentialPlace } from './credential-cipher.ts';
import type { DestinationInput } from '../../contract/api/storage/destination-input.ts';

type Owner = Pick<DestinationRow, 'id' | 'workspaceId'>;
type Sealed = Pick<DestinationRow, 'accessKeyId' | 'secretAccessKey' | 'sessionToken'>;
type SealedColumns = Sealed & Pick<DestinationRow, 'accessKeyIdLastFour'>;
type Keys = Pick<DestinationInput, 'accessKeyId' | 'secretAccessKey' | 'sessionToken'>;

/** Decrypted credentials. Do not store, log or send them. */
export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** Decrypts the credentials. AppError `storage_credentials_unreadable` when a key is no longer in CREDENTIAL_KEYS. */
export async function openCredentials(
  { config }: Pick<Ctx, 'config'>,
  row: Owner & Sealed,
): Promise<Credentials> {
  const [accessKeyId, secretAccessKey, sessionToken] = await Promise.all([
    decryptCredential(config, placeOf(row, 'accessKeyId'), row.accessKeyId),
    decryptCredential(config, placeOf(row, 'secretAccessKey'), row.secretAccessKey),
    row.sessionToken === null
      ? null
      : decryptCredential(config, placeOf(row, 'sessionToken'), row.sessionToken),
  ]);
  return { accessKeyId, secretAccessKey, ...(sessionToken !== null && { sessionToken }) };
}

/** Whether the credentials can be decrypted. */
export async function areCredentialsReadable(
  ctx: Pick<Ctx, 'config'>,
  row: Owner & Sealed,
): Promise<boolean> {
  return !((await appErrorAsValue(openCredentials(ctx, row))) instanceof AppError);
}

/** Encrypts all credentials with the first key. */
export async function sealCredentials(
  { config }: Pick<Ctx, 'config'>,
  owner: Owner,
  { accessKeyId, secretAccessKey, sessionToken }: Credentials,
): Promise<SealedColumns> {
  const seal = (field: CredentialPlace['field'], text: string) =>
    encryptCredential(config, placeOf(owner, field), text);
  return {
    accessKeyId: await seal('accessKeyId', accessKeyId),
    secretAccessKey: await seal('secretAccessKey', secretAccessKey),
    sessionToken: sessionToken === undefined ? null : await seal('sessionToken', sessionToken),
    accessKeyIdLastFour: accessKeyId.slice(-4),
  };
}

/** Encrypts the credentials of new settings. AppError `invalid_request` when one is missing. */
export async function sealNewCredentials(ctx: Ctx, owner: Owner, keys: Keys): Promise<SealedColumns> {
  const { accessKeyId, secretAccessKey, sessionToken } = keys;
  if (accessKeyId === undefined) throw missing('accessKeyId');
  if (secretAccessKey === undefined) throw missing('secretAccessKey');
  return sealCredentials(ctx, owner, {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken !== undefined && { sessionToken }),
  });
}

/**
 * The columns that an update changes; none when it has no credentials. A new secret may come without its access key id,
 * but a new access key id needs its secret: AppError `invalid_request`.
 */
export async function sealChangedCredentials(
  ctx: Ctx,
  saved: DestinationRow,
  keys: Keys,
): Promise<Partial<SealedColumns>> {
  const { accessKeyId, secretAccessKey, sessionToken } = keys;
  const savedKeyId = () => decryptCredential(ctx.config, placeOf(saved, 'accessKeyId'), saved.accessKeyId);
  if (secretAccessKey !== undefined) {
    return sealNewCredentials(ctx, saved, { ...keys, accessKeyId: accessKeyId ?? (await savedKeyId()) });
  }
  if (accessKeyId !== undefined && accessKeyId !== (await savedKeyId())) throw missing('secretAccessKey');
  if (sessionToken === undefined) return {};
  return { sessionToken: await encryptCredential(ctx.config, placeOf(saved, 'sessionToken'), sessionToken) };
}

function placeOf({ id, workspaceId }: Owner, field: CredentialPlace['field']): CredentialPlace {
  return { workspaceId, ownerId: id, field };
}

function missing(field: 'accessKeyId' | 'secretAccessKey'): AppError {
  return invalidFields([{ field, message: `${field} is required` }]);
}
