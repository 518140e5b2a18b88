/**
 * Encrypts the answers that are kept under an Idempotency-Key. Some of them contain a secret that is shown once and that
 * the database otherwise has only as a hash. Decryption needs the secret of the service and the key of the client.
 */
import type { Config } from '../config.ts';
import { fromBase64, toBase64 } from '../contract/encoding/base64.ts';

/** Distinguishes these keys from other uses of the same secret. */
const DOMAIN = 'importly idempotent answer 1';
/** 96 bits, as GCM recommends. */
const IV_BYTES = 12;

type Secret = Pick<Config, 'ATTEMPT_TOKEN_KEY'>;

/** The key of the client, and the workspace it belongs to. */
export interface AnswerKey {
  workspaceId: string;
  key: string;
}

/** The answer as `iv.ciphertext`, both in base64. */
export async function sealAnswer(secret: Secret, answerKey: AnswerKey, text: string): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const cipher = await importCipherKey(secret, answerKey);
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, cipher, new TextEncoder().encode(text));
  return [iv, new Uint8Array(sealed)].map(toBase64).join('.');
}

/** The answer; null when it was sealed with another secret. */
export async function openAnswer(
  secret: Secret,
  answerKey: AnswerKey,
  sealed: string,
): Promise<string | null> {
  const [iv = '', ciphertext = ''] = sealed.split('.');
  const cipher = await importCipherKey(secret, answerKey);
  try {
    const options = { name: 'AES-GCM', iv: fromBase64(iv) };
    return new TextDecoder().decode(await crypto.subtle.decrypt(options, cipher, fromBase64(ciphertext)));
  } catch {
    return null;
  }
}

async function importCipherKey(
  { ATTEMPT_TOKEN_KEY }: Secret,
  { workspaceId, key }: AnswerKey,
): Promise<CryptoKey> {
  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  const secret = await crypto.subtle.importKey('raw', fromBase64(ATTEMPT_TOKEN_KEY), hmac, false, ['sign']);
  const data = new TextEncoder().encode([DOMAIN, workspaceId, key].join('\n'));
  const bytes = await crypto.subtle.sign('HMAC', secret, data);
  return crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt']);
}
