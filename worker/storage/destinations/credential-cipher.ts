/** Encrypts stored credentials with AES-256-GCM as records `v1.<keyId>.<iv>.<ciphertext>`, each bound to its row and column. */
import type { Config } from '../../config.ts';
import { fromBase64, toBase64Url } from '../../contract/encoding/base64.ts';
import { AppError } from '../../errors.ts';

/** What a record is bound to. It cannot be decrypted in another row or column. */
export interface CredentialPlace {
  workspaceId: string;
  /** The id of the destination or of the webhook endpoint. */
  ownerId: string;
  field: 'accessKeyId' | 'secretAccessKey' | 'sessionToken' | 'webhookSecret';
}

type Keys = Pick<Config, 'CREDENTIAL_KEYS'>;

/** 96 bits, as GCM recommends. Random for each record; NIST SP 800-38D allows 2^32 random ones for a key. */
const IV_BYTES = 12;
const KEY_BYTES = 32;

/** Encrypts with the first key of CREDENTIAL_KEYS. Throws an Error when the operator has set an invalid list. */
export async function encryptCredential(config: Keys, place: CredentialPlace, text: string): Promise<string> {
  const [first] = parseKeys(config);
  if (!first) throw new Error('CREDENTIAL_KEYS names no key');
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const key = await importedKey(first);
  const sealed = await crypto.subtle.encrypt(parameters(iv, place), key, new TextEncoder().encode(text));
  return ['v1', first.id, toBase64Url(iv), toBase64Url(new Uint8Array(sealed))].join('.');
}

/** Decrypts a record with the key that it names. AppError `storage_credentials_unreadable` when that fails. */
export async function decryptCredential(
  config: Keys,
  place: CredentialPlace,
  record: string,
): Promise<string> {
  const [version, keyId, iv, sealed] = record.split('.');
  const key = parseKeys(config).find(({ id }) => id === keyId);
  if (version !== 'v1' || !key || !iv || !sealed) throw new AppError('storage_credentials_unreadable');
  const imported = await importedKey(key);
  try {
    const options = parameters(fromBase64(iv), place);
    const text = await crypto.subtle.decrypt(options, imported, fromBase64(sealed));
    return new TextDecoder().decode(text);
  } catch {
    throw new AppError('storage_credentials_unreadable');
  }
}

/** The prefix of the records of each key. The key that encrypts new records comes first. */
export function recordPrefixes(config: Keys): string[] {
  return parseKeys(config).map(({ id }) => `v1.${id}.`);
}

function parameters(iv: Uint8Array, { workspaceId, ownerId, field }: CredentialPlace) {
  const additionalData = new TextEncoder().encode(JSON.stringify([workspaceId, ownerId, field]));
  return { name: 'AES-GCM', iv, additionalData };
}

/** A key of the list. `imported` is set by its first use. */
interface ListedKey {
  id: string;
  bytes: Uint8Array;
  imported?: CryptoKey;
}

/** The keys of each list. An isolate has one. */
const lists = new Map<string, ListedKey[]>();

function parseKeys({ CREDENTIAL_KEYS }: Keys): ListedKey[] {
  const known = lists.get(CREDENTIAL_KEYS);
  if (known) return known;
  const keys = readList(CREDENTIAL_KEYS);
  lists.set(CREDENTIAL_KEYS, keys);
  return keys;
}

function readList(list: string): ListedKey[] {
  return list.split(',').map((entry) => {
    const [, id, base64] = /^\s*([A-Za-z0-9_-]+):([A-Za-z0-9+/=_-]+)\s*$/.exec(entry) ?? [];
    const bytes = base64 === undefined ? null : fromBase64(base64);
    // The message must not contain the entry, which is a secret.
    if (!id || bytes?.length !== KEY_BYTES) {
      throw new Error('CREDENTIAL_KEYS must be id:base64key,… with keys of 32 bytes');
    }
    return { id, bytes };
  });
}

/** Keeps the value and not the promise: a request must not wait for work of another one. */
async function importedKey(key: ListedKey): Promise<CryptoKey> {
  return (key.imported ??= await crypto.subtle.importKey('raw', key.bytes, 'AES-GCM', false, [
    'encrypt',
    'decrypt',
  ]));
}
