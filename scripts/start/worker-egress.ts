/**
 * The network of a local Worker. On Cloudflare a Worker reaches public addresses only; in workerd on one machine it would also reach
 * the machine's own network, through names that anybody can point there. Here every request passes through Node, which opens its socket
 * by the address policy of the downloader: to public addresses, to what EGRESS_ALLOW names, and to the downloaders.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { Agent, type Dispatcher } from 'undici';
import type { LookupAll } from '../../downloader/net/guarded-connect.ts';
import { parseEgressAllow, type EgressAllow } from '../../worker/contract/address-policy.ts';
import { createGuardedDispatcher } from './guarded-dispatcher.ts';

/** The name of the service that the Worker's requests go to. */
export const EGRESS_SERVICE = 'egress';

/** Milliseconds. A storage may need five minutes to answer a Complete, and the Worker ends everything else sooner. */
const TIMEOUT_MS = 310_000;
/** Node gets only the path of a request. */
const URL_HEADER = 'x-egress-url';
const SCRIPT = `
export default {
  fetch(request, { SOCKETS }) {
    const headers = new Headers(request.headers);
    headers.set('${URL_HEADER}', request.url);
    return SOCKETS.fetch(new Request(request, { headers }));
  },
};`;
/** Headers of the connection to this process (RFC 9110, 7.6.1), and those of Miniflare. */
const OWN_HEADER = new RegExp(
  `^(?:connection|keep-alive|transfer-encoding|upgrade|host|mf-.*|${URL_HEADER})$`,
);

export interface EgressOptions {
  egressAllow: string;
  /** Their origins are reached whatever their addresses are. */
  downloaderUrls: readonly string[];
  /** Default: the resolver of the system. */
  lookup?: LookupAll | undefined;
}

/** The service, as one of the Workers of Miniflare. Another one names it as its `outboundService`. */
export function egressService({ egressAllow, downloaderUrls, lookup }: EgressOptions) {
  const allow = forWorker(parseEgressAllow(egressAllow));
  const guarded = createGuardedDispatcher({ allow, purpose: 'storage', ...(lookup && { lookup }) });
  const open = new Agent();
  const downloaders = new Set(downloaderUrls.map((url) => new URL(url).origin));
  const node = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(String(request.headers[URL_HEADER]));
    // A failure closes the connection, so that the Worker sees a lost one.
    await forward(request, response, { url, dispatcher: downloaders.has(url.origin) ? open : guarded }).catch(
      () => response.destroy(),
    );
  };
  return {
    name: EGRESS_SERVICE,
    modules: [{ type: 'ESModule' as const, path: 'egress.js', contents: SCRIPT }],
    compatibilityDate: '2026-10-23',
    serviceBindings: { SOCKETS: { node } },
  };
}

/** A Worker sends requests to storages and webhooks, and checks the host for its purpose before. */
function forWorker(allow: EgressAllow): EgressAllow {
  return allow.map((entry) => (entry.purpose === 'webhook' ? { ...entry, purpose: 'storage' } : entry));
}

async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  { url, dispatcher }: { url: URL; dispatcher: Dispatcher },
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  // Small. As a stream, undici would destroy it, which Miniflare does not expect.
  const body = hasBody(request) ? await buffer(request) : null;
  const answer = await dispatcher.request({
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    method: request.method as Dispatcher.HttpMethod,
    headers: withoutOwn(request.headers),
    body,
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    signal: gone.signal,
  });
  response.writeHead(answer.statusCode, withoutOwn(answer.headers));
  await pipeline(answer.body, response);
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

function withoutOwn<Value>(headers: Record<string, Value>): Record<string, Value> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OWN_HEADER.test(name)));
}
