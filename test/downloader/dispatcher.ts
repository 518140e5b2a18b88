/** Signs dispatches as the Worker does, with a key pair of the test. */
import { generateKeyPairSync, sign } from 'node:crypto';
import type { SignedCommand } from '../../worker/contract/downloader/claim.ts';
import type { Command } from '../../worker/contract/downloader/command.ts';
import {
  dispatchBytes,
  SIGNATURE_HEADER,
  TIMESTAMP_HEADER,
} from '../../worker/contract/downloader/signature.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');

export { publicKey };
export const PUBLIC_KEY_BASE64 = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');

/** The job as the Worker puts it into an answer. */
export function signedCommand(command: Command): SignedCommand {
  const body = JSON.stringify(command);
  const timestamp = String(Math.floor(Date.now() / 1000));
  const bytes = dispatchBytes(timestamp, 'POST', '/jobs', body);
  return { body, timestamp, signature: sign(null, bytes, privateKey).toString('base64') };
}

export interface Dispatch {
  method: string;
  path: string;
  body?: string;
  /** Unix seconds under the signature. */
  timestamp?: number;
  /** What is sent instead of what was signed. */
  sent?: Partial<{ method: string; path: string; body: string }>;
}

export function dispatch(base: string, request: Dispatch): Promise<Response> {
  const { method, path, body = '', timestamp = Math.floor(Date.now() / 1000), sent = {} } = request;
  const bytes = dispatchBytes(String(timestamp), method, path, body);
  const sentBody = sent.body ?? body;
  return fetch(`${base}${sent.path ?? path}`, {
    method: sent.method ?? method,
    headers: {
      [TIMESTAMP_HEADER]: String(timestamp),
      [SIGNATURE_HEADER]: sign(null, bytes, privateKey).toString('base64'),
    },
    ...(sentBody ? { body: sentBody } : {}),
  });
}
