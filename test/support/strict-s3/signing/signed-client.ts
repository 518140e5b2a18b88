/** A client for tests: signs with the library that the Worker signs with, and sends with fetch. Never retries. */
import { AwsV4Signer } from 'aws4fetch';

export type ClientOptions = {
  endpoint: string;
  region: string;
  account: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
};

export type SignedInit = {
  headers?: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
  /** Signs the query instead of the headers, for so many seconds. */
  expiresSeconds?: number;
  /** When it is signed, in milliseconds since 1970; now when left out. */
  signedAtMs?: number;
};

/** Percent-encodes a key for a URL path, segment by segment, by RFC 3986. */
export function encodeKey(key: string): string {
  return encodeURIComponent(key)
    .replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%2F', '/');
}

/** Basic ISO 8601, as signatures carry it. */
export function signingTime(atMs: number): string {
  return new Date(atMs).toISOString().replace(/[:-]|\.\d{3}/g, '');
}

/** Signs a request for a path (already encoded, with its query) under the endpoint. */
export async function signRequest(
  options: ClientOptions,
  method: string,
  target: string,
  init: SignedInit = {},
) {
  const url = new URL(options.endpoint + target);
  const isPresigned = init.expiresSeconds !== undefined;
  if (isPresigned) url.searchParams.set('X-Amz-Expires', String(init.expiresSeconds));
  const signer = new AwsV4Signer({
    ...options.account,
    method,
    url: url.href,
    headers: init.headers ?? {},
    service: 's3',
    region: options.region,
    signQuery: isPresigned,
    datetime: signingTime(init.signedAtMs ?? Date.now()),
  });
  const signed = await signer.sign();
  return { url: signed.url.href, headers: Object.fromEntries(signed.headers) };
}

/** Signs and sends. */
export async function sendSigned(
  options: ClientOptions,
  method: string,
  target: string,
  init: SignedInit = {},
): Promise<Response> {
  const { url, headers } = await signRequest(options, method, target, init);
  return fetch(url, { method, headers, body: init.body ?? null, redirect: 'manual' });
}

/** The `<Code>` of an S3 error document; empty when there is none. */
export async function errorCode(response: Response): Promise<string> {
  return /<Code>(\w+)<\/Code>/.exec(await response.text())?.[1] ?? '';
}
