/** Checks that a request comes from the Worker. */
import { verify, type KeyObject } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import {
  dispatchBytes,
  SIGNATURE_HEADER,
  SIGNATURE_TOLERANCE_SECONDS,
  TIMESTAMP_HEADER,
} from '../worker/contract/downloader/signature.ts';

export interface SignedDispatch {
  method: string;
  /** With its query, as it came. */
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** True for a signature of `publicKey` over exactly this request, made within the tolerance of `nowMs`. */
export function isFromWorker(request: SignedDispatch, publicKey: KeyObject, nowMs: number): boolean {
  const timestamp = request.headers[TIMESTAMP_HEADER];
  const signature = request.headers[SIGNATURE_HEADER];
  if (typeof timestamp !== 'string' || typeof signature !== 'string') return false;
  if (!/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(nowMs / 1000 - Number(timestamp)) > SIGNATURE_TOLERANCE_SECONDS) return false;
  const bytes = dispatchBytes(timestamp, request.method, request.path, request.body);
  return verify(null, bytes, publicKey, Buffer.from(signature, 'base64'));
}
