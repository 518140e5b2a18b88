import { expect, it } from 'vitest';
import {
  decryptCredential,
  encryptCredential,
  type CredentialPlace,
} from '../../../../worker/storage/destinations/credential-cipher.ts';

const key = (fill: number) => btoa(String.fromCharCode(...new Uint8Array(32).fill(fill)));
const OLD = { CREDENTIAL_KEYS: `old:${key(1)}` };
const ROTATED = { CREDENTIAL_KEYS: `new:${key(2)},old:${key(1)}` };
const place: CredentialPlace = { workspaceId: 'w', ownerId: 'd', field: 'secretAccessKey' };
const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCY ü';
const unreadable = expect.objectContaining({ code: 'storage_credentials_unreadable' });

it('decrypts what it encrypted', async () => {
  const record = await encryptCredential(OLD, place, SECRET);
  expect(record).toMatch(/^v1\.old\.[\w-]{16}\.[\w-]+$/);
  expect(await decryptCredential(OLD, place, record)).toBe(SECRET);
});

it('never encrypts the same text to the same record', async () => {
  const records = await Promise.all([1, 2].map(() => encryptCredential(OLD, place, SECRET)));
  expect(records[0]).not.toBe(records[1]);
});

it('decrypts records of every listed key and encrypts with the first', async () => {
  const record = await encryptCredential(OLD, place, SECRET);
  expect(await decryptCredential(ROTATED, place, record)).toBe(SECRET);
  expect(await encryptCredential(ROTATED, place, SECRET)).toMatch(/^v1\.new\./);
});

it.each([
  ['workspace', { ...place, workspaceId: 'x' }],
  ['destination', { ...place, ownerId: 'x' }],
  ['field', { ...place, field: 'accessKeyId' as const }],
])('does not decrypt a record of another %s', async (_, other) => {
  const record = await encryptCredential(OLD, place, SECRET);
  await expect(decryptCredential(OLD, other, record)).rejects.toThrow(unreadable);
});

it('does not decrypt a record that was changed or whose key is missing', async () => {
  const record = await encryptCredential(OLD, place, SECRET);
  const swapped = record.endsWith('A') ? `${record.slice(0, -1)}Q` : `${record.slice(0, -1)}A`;
  const broken = [swapped, 'v1.old', '', 'v2' + record.slice(2), record.replace('old', 'new'), 'v1.old.*.*'];
  for (const text of broken) await expect(decryptCredential(OLD, place, text)).rejects.toThrow(unreadable);
  await expect(decryptCredential({ CREDENTIAL_KEYS: `new:${key(2)}` }, place, record)).rejects.toThrow(
    unreadable,
  );
});

it.each(['', 'abc', `a:${btoa('short')}`, `:${key(1)}`])(
  'reports that the list %j is not valid',
  async (keys) => {
    const failure = encryptCredential({ CREDENTIAL_KEYS: keys }, place, SECRET);
    await expect(failure).rejects.toThrow('CREDENTIAL_KEYS must be');
  },
);
