/** Encrypted credentials, read and written with OpenSSL instead of the service's own code. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  decryptCredential,
  encryptCredential,
  type CredentialPlace,
} from '../../worker/storage/destinations/credential-cipher.ts';

const KEY = randomBytes(32);
const CONFIG = { CREDENTIAL_KEYS: `k1:${KEY.toString('base64')}` };
const PLACE: CredentialPlace = { workspaceId: 'w-1', ownerId: 'd-1', field: 'secretAccessKey' };
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const TAG_BYTES = 16;

const aadOf = ({ workspaceId, ownerId, field }: CredentialPlace) =>
  Buffer.from(JSON.stringify([workspaceId, ownerId, field]));

function openWithOpenssl(record: string, place: CredentialPlace): string {
  const [version, keyId, iv = '', sealed = ''] = record.split('.');
  expect([version, keyId]).toEqual(['v1', 'k1']);
  const bytes = Buffer.from(sealed, 'base64url');
  const decipher = createDecipheriv('aes-256-gcm', KEY, Buffer.from(iv, 'base64url'));
  decipher.setAAD(aadOf(place));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]).toString();
}

function sealWithOpenssl(text: string, place: CredentialPlace): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', KEY, iv);
  cipher.setAAD(aadOf(place));
  const sealed = Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]);
  return ['v1', 'k1', iv.toString('base64url'), sealed.toString('base64url')].join('.');
}

describe('an encrypted record', () => {
  it('is AES-256-GCM under a random IV, bound to workspace, destination and field', async () => {
    const record = await encryptCredential(CONFIG, PLACE, SECRET);
    expect(openWithOpenssl(record, PLACE)).toBe(SECRET);
    expect(Buffer.from(record.split('.')[2] ?? '', 'base64url')).toHaveLength(12);
    expect(record.split('.')[2]).not.toBe((await encryptCredential(CONFIG, PLACE, SECRET)).split('.')[2]);
  });

  it('that OpenSSL wrote can be decrypted', async () => {
    expect(await decryptCredential(CONFIG, PLACE, sealWithOpenssl(SECRET, PLACE))).toBe(SECRET);
  });

  it.each<[string, CredentialPlace]>([
    ['workspace', { ...PLACE, workspaceId: 'w-2' }],
    ['destination', { ...PLACE, ownerId: 'd-2' }],
    ['field', { ...PLACE, field: 'sessionToken' }],
  ])('that was moved to another %s cannot be decrypted', async (_name, other) => {
    const record = await encryptCredential(CONFIG, PLACE, SECRET);
    expect(() => openWithOpenssl(record, other)).toThrow('authenticate');
    await expect(decryptCredential(CONFIG, other, record)).rejects.toMatchObject({
      code: 'storage_credentials_unreadable',
    });
    await expect(decryptCredential(CONFIG, other, sealWithOpenssl(SECRET, PLACE))).rejects.toMatchObject({
      code: 'storage_credentials_unreadable',
    });
  });
});
