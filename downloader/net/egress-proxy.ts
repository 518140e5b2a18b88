/**
 * The forward proxy for the child processes of one job. It applies the same address policy as our own connections, counts
 * the bytes that come in, and ends with the job.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { chmod } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { errors } from 'undici';
import type { EgressAllow } from '../../worker/contract/address-policy.ts';
import { JobFailure } from '../job-failure.ts';
import { ByteMeter } from './byte-meter.ts';
import { CONNECT_TIMEOUT_MS, openGuardedSocket, whenConnected, type LookupAll } from './guarded-connect.ts';
import { limitLookups } from './limited-lookup.ts';
import { mapNetworkError } from './network-error.ts';
import { CodedAnswer, forwardRequest, joinTunnel } from './proxy-forward.ts';

export interface EgressProxyOptions {
  allow: EgressAllow;
  /** Ends the proxy as `close` does. */
  signal: AbortSignal;
  /** Bytes that may come in from the network, all connections together. */
  maxBytes: number;
  /** Called with each number of bytes that came in. */
  onBytes: (bytes: number) => void;
  /** Default: the resolver of the system. */
  lookup?: LookupAll;
  /**
   * For clients in a network of their own: the proxy listens at this unix socket, and a relay connects it to this port of
   * their 127.0.0.1. Without it, the proxy listens on a free port of 127.0.0.1.
   */
  relay?: { socketPath: string; port: number } | null;
}

export interface EgressProxy {
  /** `http://user:password@127.0.0.1:port`, for this job's children alone: a secret. */
  readonly url: string;
  /** Hosts that the policy refused, as `host: reason`; the first `MAX_REFUSALS`. */
  readonly refusals: readonly string[];
  /** The first answer that was refused for its content coding. Answers inside a TLS tunnel are not seen. */
  readonly codedAnswer: CodedAnswer | null;
  /** True after `maxBytes` was exceeded, which closes all connections. */
  readonly exceeded: boolean;
  /** Allows this many bytes in all. */
  raiseLimit(maxBytes: number): void;
  /** Ends every connection and resolves when none is left. Repeating it is harmless. */
  close(): Promise<void>;
}

/** Refusals that are kept: enough to explain a failure, also when a hostile playlist names thousands of hosts. */
const MAX_REFUSALS = 20;
/** yt-dlp shows the status of an answer but not who sent it. No server sends 470 or 471. */
const REFUSED_STATUS = 470;
const CODED_STATUS = 471;

/** Starts a proxy, which listens when the promise resolves. */
export async function startEgressProxy(options: EgressProxyOptions): Promise<EgressProxy> {
  const proxy = new JobProxy(options);
  await proxy.listen();
  return proxy;
}

class JobProxy implements EgressProxy {
  readonly refusals: string[] = [];
  codedAnswer: CodedAnswer | null = null;
  readonly #options: EgressProxyOptions;
  readonly #password = randomBytes(24).toString('base64url');
  readonly #server: Server;
  readonly #meter: ByteMeter;
  readonly #lookup: LookupAll;
  /** All open sockets, on both sides. */
  readonly #sockets = new Set<Socket>();
  readonly #onAbort = () => this.#end();
  #port = 0;
  #isEnded = false;

  constructor(options: EgressProxyOptions) {
    this.#options = options;
    this.#lookup = limitLookups(options.lookup);
    this.#meter = new ByteMeter(options.maxBytes, options.onBytes, () => this.#end());
    this.#server = createServer((request, response) => void this.#onRequest(request, response));
    this.#server.on('connection', (socket) => this.#track(socket));
    this.#server.on('connect', (request, client, head) => void this.#onConnect(request, client, head));
  }

  get url(): string {
    return `http://job:${this.#password}@127.0.0.1:${this.#port}`;
  }

  get exceeded(): boolean {
    return this.#meter.exceeded;
  }

  raiseLimit(maxBytes: number): void {
    this.#meter.maxBytes = maxBytes;
  }

  async listen(): Promise<void> {
    const { signal, relay } = this.#options;
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const where = relay ? { path: relay.socketPath } : { port: 0, host: '127.0.0.1' };
      this.#server.once('error', reject).listen(where, resolve);
    });
    // The clients may have another user. Only they reach the folder of the socket.
    if (relay) await chmod(relay.socketPath, 0o666);
    this.#port = relay ? relay.port : (this.#server.address() as AddressInfo).port;
    signal.addEventListener('abort', this.#onAbort, { once: true });
    if (signal.aborted) this.#end();
  }

  async close(): Promise<void> {
    this.#end();
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    await Promise.all(
      [...this.#sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve))),
    );
  }

  #end(): void {
    this.#isEnded = true;
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #track(socket: Socket): void {
    if (this.#isEnded) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  async #onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!this.#isAuthorized(request)) {
      response.writeHead(407, { 'proxy-authenticate': 'Basic realm="egress"', connection: 'close' }).end();
      return;
    }
    const url = parseHttpUrl(request.url ?? '');
    if (!url) {
      response.writeHead(400, { connection: 'close' }).end();
      return;
    }
    try {
      const socket = await this.#open(url.hostname, Number(url.port || 80));
      await forwardRequest({ socket, url, request, response, onReceived: this.#meter.watch(socket) });
    } catch (error) {
      if (error instanceof CodedAnswer) this.codedAnswer ??= error;
      if (response.headersSent) response.destroy();
      else
        response.writeHead(statusOf(error, REFUSED_STATUS), 'Not connected', { connection: 'close' }).end();
    }
  }

  async #onConnect(request: IncomingMessage, client: Duplex, head: Buffer): Promise<void> {
    client.on('error', () => client.destroy());
    if (!this.#isAuthorized(request)) {
      return endWith(client, '407 Proxy Authentication Required', 'Proxy-Authenticate: Basic realm="egress"');
    }
    const authority = parseAuthority(request.url ?? '');
    if (!authority) return endWith(client, '400 Bad Request');
    try {
      const upstream = await this.#open(authority.host, authority.port);
      joinTunnel(client, head, upstream, this.#meter.watch(upstream));
    } catch (error) {
      endWith(client, `${statusOf(error, 403)} Not connected`);
    }
  }

  #isAuthorized(request: IncomingMessage): boolean {
    const expected = Buffer.from(`Basic ${Buffer.from(`job:${this.#password}`).toString('base64')}`);
    const given = Buffer.from(request.headers['proxy-authorization'] ?? '');
    return given.byteLength === expected.byteLength && timingSafeEqual(given, expected);
  }

  /** A connected socket to an allowed host. Throws JobFailure `source_*`. */
  async #open(hostname: string, port: number): Promise<Socket> {
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    const { allow } = this.#options;
    try {
      const guard = { allow, purpose: 'source' as const, lookup: this.#lookup };
      const socket = openGuardedSocket(guard, { host, port, tls: null });
      this.#track(socket);
      socket.prependOnceListener('connect', () => this.#refuseOurselves(socket));
      await new Promise<void>((resolve, reject) => {
        whenConnected(socket, CONNECT_TIMEOUT_MS, (error) => (error ? reject(error) : resolve()));
      });
      return socket;
    } catch (error) {
      const failure = mapNetworkError(error, 'source');
      this.#remember(failure);
      throw failure;
    }
  }

  /** When the operator allows loopback, a request to the proxy itself would loop. */
  #refuseOurselves(socket: Socket): void {
    if (
      !this.#options.relay &&
      socket.remotePort === this.#port &&
      socket.remoteAddress?.endsWith('127.0.0.1')
    ) {
      socket.destroy(new JobFailure('source_address_forbidden', 'the proxy itself'));
    }
  }

  #remember({ failure }: JobFailure): void {
    if (failure.code !== 'source_address_forbidden' || this.refusals.length >= MAX_REFUSALS) return;
    this.refusals.push(failure.detail ?? '');
  }
}

/** Accepts the absolute form with http only. Clients use CONNECT for https. */
function parseHttpUrl(text: string): URL | null {
  const url = URL.parse(text);
  return url?.protocol === 'http:' && /^http:\/\//i.test(text) ? url : null;
}

/** Accepts `host:port` and `[address]:port`. */
function parseAuthority(text: string): { host: string; port: number } | null {
  const [, host, port] = /^(\[[\da-f:.]+\]|[\w.-]+):(\d{1,5})$/i.exec(text) ?? [];
  return host === undefined ? null : { host, port: Number(port) };
}

/** The status for the client: refused by the policy, no answer in time, or not reachable. */
function statusOf(error: unknown, refusedStatus: number): number {
  if (error instanceof errors.HeadersTimeoutError) return 504;
  if (!(error instanceof JobFailure)) return 502;
  if (error.failure.code === 'source_address_forbidden') return refusedStatus;
  if (error instanceof CodedAnswer) return CODED_STATUS;
  return error.failure.code === 'source_timeout' ? 504 : 502;
}

function endWith(client: Duplex, status: string, ...headers: string[]): void {
  client.end(
    [`HTTP/1.1 ${status}`, ...headers, 'Content-Length: 0', 'Connection: close', '', ''].join('\r\n'),
  );
}
