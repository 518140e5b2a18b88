/** Secrets of endpoints: encrypted like the credentials of a bucket, and at most two at a time. */
import { appErrorAsValue } from '../app-error-as-value.ts';
import type { Ctx } from '../context.ts';
import type { WebhookEndpointRow } from '../db/rows.ts';
import {
  decryptCredential,
  encryptCredential,
  type CredentialPlace,
} from '../storage/destinations/credential-cipher.ts';

type Owner = Pick<WebhookEndpointRow, 'id' | 'workspaceId'>;

/** The record of a secret. Both columns hold the same kind of record, so a rotation moves it from one to the other. */
export function sealSecret({ config }: Pick<Ctx, 'config'>, owner: Owner, secret: string): Promise<string> {
  return encryptCredential(config, placeOf(owner), secret);
}

/** The secret in a record. AppError `storage_credentials_unreadable` when its key is no longer in CREDENTIAL_KEYS. */
export function openSecret({ config }: Pick<Ctx, 'config'>, owner: Owner, record: string): Promise<string> {
  return decryptCredential(config, placeOf(owner), record);
}

/** The secrets that sign now, the newest first. Leaves out those whose key is no longer in CREDENTIAL_KEYS. */
export async function validSecrets(ctx: Ctx, endpoint: WebhookEndpointRow): Promise<string[]> {
  const { previousSecret, previousSecretUntil } = endpoint;
  const isOverlap = previousSecret !== null && (previousSecretUntil ?? 0) > ctx.now();
  const records = isOverlap ? [endpoint.secret, previousSecret] : [endpoint.secret];
  const opened = await Promise.all(
    records.map((record) => appErrorAsValue(openSecret(ctx, endpoint, record))),
  );
  return opened.filter((secret) => typeof secret === 'string');
}

function placeOf({ id, workspaceId }: Owner): CredentialPlace {
  return { workspaceId, ownerId: id, field: 'webhookSecret' };
}
