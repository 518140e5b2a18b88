/** Signatures of Standard Webhooks (standardwebhooks.com): HMAC-SHA256 over id, timestamp and body. */
import { fromBase64, toBase64 } from '../contract/encoding/base64.ts';

/** How a secret begins; base64 follows. */
const PREFIX = 'whsec_';
/** Standard Webhooks recommends 24 to 64 bytes. */
const SECRET_BYTES = 32;

export interface SignedMessage {
  id: string;
  /** Unix seconds. */
  timestamp: number;
  body: string;
}

/** A new random secret. */
export function newSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
  return PREFIX + toBase64(bytes);
}

/** The three headers of a message. With several secrets it has several signatures, each of which is enough. */
export async function signatureHeaders(
  secrets: readonly string[],
  { id, timestamp, body }: SignedMessage,
): Promise<Record<string, string>> {
  const text = `${id}.${timestamp}.${body}`;
  const signatures = await Promise.all(secrets.map((secret) => sign(secret, text)));
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatures.join(' '),
  };
}

async function sign(secret: string, text: string): Promise<string> {
  const bytes = fromBase64(secret.slice(PREFIX.length));
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', bytes, algorithm, false, ['sign']);
  const signature = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(text));
  return `v1,${toBase64(new Uint8Array(signature))}`;
}
