/** Speaks to a forward proxy as programs do. */
import { request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { connect, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { parseEgressAllow } from '../../../worker/contract/address-policy.ts';
import {
  startEgressProxy,
  type EgressProxy,
  type EgressProxyOptions,
} from '../../../downloader/net/egress-proxy.ts';
import { closeServers } from './servers.ts';

const proxies: EgressProxy[] = [];
/** Ends proxies and servers: for `afterEach`. */
export async function endProxies(): Promise<void> {
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
  await closeServers();
}

/** A proxy with that EGRESS_ALLOW, ended by `endProxies`. */
export async function proxyFor(
  allow: string,
  options: Partial<EgressProxyOptions> = {},
): Promise<EgressProxy> {
  const proxy = await startEgressProxy({
    allow: parseEgressAllow(allow),
    signal: new AbortController().signal,
    maxBytes: 2 ** 40,
    onBytes: () => undefined,
    ...options,
  });
  proxies.push(proxy);
  return proxy;
}

export interface ProxyAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export function credentials(proxyUrl: string): { 'proxy-authorization': string } {
  const { username, password } = new URL(proxyUrl);
  return { 'proxy-authorization': `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
}

/** One request in the absolute form. Rejects when the answer was cut short. */
export function viaProxy(
  proxyUrl: string,
  target: string,
  {
    method = 'GET',
    headers = credentials(proxyUrl),
    body = '',
  }: { method?: string; headers?: OutgoingHttpHeaders; body?: string } = {},
): Promise<ProxyAnswer> {
  const { hostname, port } = new URL(proxyUrl);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path: target, headers, agent: false }, (answer) => {
      buffer(answer).then(
        (bytes) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: bytes }),
        reject,
      );
    });
    sent.once('error', reject).end(body);
  });
}

/** CONNECT: the tunnel's socket when it was granted. */
export function openTunnel(
  proxyUrl: string,
  authority: string,
  headers: OutgoingHttpHeaders = credentials(proxyUrl),
): Promise<{ status: number; headers: IncomingHttpHeaders; socket: Socket }> {
  const { hostname, port } = new URL(proxyUrl);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method: 'CONNECT', path: authority, headers, agent: false });
    sent.once('connect', (answer, socket: Socket, head: Buffer) => {
      socket.on('error', () => undefined);
      if (head.byteLength > 0) socket.unshift(head);
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, socket });
    });
    sent.once('error', reject).end();
  });
}

/** Sends bytes as they are and gives everything that comes back. */
export function sendRaw(proxyUrl: string, text: string): Promise<string> {
  const { hostname, port } = new URL(proxyUrl);
  const socket = connect(Number(port), hostname, () => socket.write(text));
  return buffer(socket).then((bytes) => bytes.toString('latin1'));
}
