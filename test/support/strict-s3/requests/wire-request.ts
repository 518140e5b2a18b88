/** A request as it was received, decoded once and not normalized. */
import type { IncomingMessage } from 'node:http';
import { S3Error } from '../s3-error.ts';

export type WireRequest = {
  method: string;
  /** Path as sent, and percent-decoded. */
  rawPath: string;
  path: string;
  /** Decoded pairs in the order sent; a name without `=` has the empty value. */
  queryPairs: readonly (readonly [string, string])[];
  query: ReadonlyMap<string, string>;
  /** Lower-cased names; a header sent twice is joined by a comma, as AWS's canonical form asks. */
  headers: ReadonlyMap<string, string>;
};

/** `+` is a plus sign in paths. A client that signs it as a space is refused, as versitygw does. */
function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error('InvalidURI');
  }
}

function readQuery(rawQuery: string): [string, string][] {
  const pairs = rawQuery.split('&').filter((pair) => pair !== '');
  return pairs.map((pair) => {
    const [name = '', ...rest] = pair.replaceAll('+', ' ').split('=');
    return [decodePercent(name), decodePercent(rest.join('='))];
  });
}

/** Node decodes headers as Latin-1. S3 reads them as UTF-8. */
function readHeaders(rawHeaders: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = String(rawHeaders[index]).toLowerCase();
    const value = Buffer.from(String(rawHeaders[index + 1]), 'latin1').toString('utf8');
    const earlier = headers.get(name);
    headers.set(name, earlier === undefined ? value : `${earlier},${value}`);
  }
  return headers;
}

/** Reads method, target and headers; a malformed target is InvalidURI. */
export function readWireRequest(
  message: Pick<IncomingMessage, 'method' | 'url' | 'rawHeaders'>,
): WireRequest {
  const target = message.url ?? '/';
  const question = target.indexOf('?');
  const rawPath = question < 0 ? target : target.slice(0, question);
  const queryPairs = question < 0 ? [] : readQuery(target.slice(question + 1));
  return {
    method: message.method ?? 'GET',
    rawPath,
    path: decodePercent(rawPath),
    queryPairs,
    query: new Map(queryPairs),
    headers: readHeaders(message.rawHeaders),
  };
}
