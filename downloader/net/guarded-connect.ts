/**
 * Opens sockets to hosts from foreign URLs. The policy is checked three times, since each check alone has a gap: the
 * host of the URL (Node calls no `lookup` for literals), every address that the name resolves to, and the peer of the
 * socket before a byte is written.
 */
import { lookup as systemLookup, type LookupAddress, type LookupAllOptions } from 'node:dns';
import { connect as connectTcp, isIP, type LookupFunction, type OnReadOpts, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket, type ConnectionOptions } from 'node:tls';
import { errors } from 'undici';
import {
  isNameAllowed,
  judgeAddress,
  judgeHost,
  type EgressAllow,
  type EgressPurpose,
  type Verdict,
} from '../../worker/contract/address-policy.ts';
import { JobFailure } from '../job-failure.ts';
import { rememberSessions, secureContextFor, sessionOf } from './tls-memory.ts';

/** Resolves a name to all its addresses, as `dns.lookup` does. */
export type LookupAll = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** The purpose of the connections, and what the operator allows. The downloader sends no webhooks, but looks at their hosts. */
export interface Guard {
  allow: EgressAllow;
  purpose: EgressPurpose;
  /** Default: the resolver of the system. */
  lookup?: LookupAll;
  /** PEM of the trusted authorities. Default: those of Node, and NODE_EXTRA_CA_CERTS. */
  ca?: string;
}

export interface Target {
  /** A name, or a literal without brackets. */
  host: string;
  port: number;
  /** Null for plain TCP. The server's name is set from `host`. */
  tls: ConnectionOptions | null;
  onread?: OnReadOpts;
}

/** The target of requests to a URL. */
export function targetOf({
  hostname,
  port,
  protocol,
}: Record<'hostname' | 'port' | 'protocol', string>): Target {
  const isSecure = protocol === 'https:';
  return {
    // Literals of IPv6 have brackets in a URL.
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port || (isSecure ? 443 : 80)),
    tls: isSecure ? { ALPNProtocols: ['http/1.1'] } : null,
  };
}

/** Milliseconds to a usable connection, name resolution and TLS included: undici's own default. */
export const CONNECT_TIMEOUT_MS = 10_000;
/**
 * Milliseconds for one address before the next one is tried. Node's default of 250 is too short for distant hosts.
 * After one second on a dead IPv6 route there is still time for IPv4.
 */
const ATTEMPT_TIMEOUT_MS = 1000;
/** Milliseconds of silence before TCP keep-alive starts: the default of undici. */
const KEEP_ALIVE_DELAY_MS = 60_000;

const REFUSED = {
  source: 'source_address_forbidden',
  storage: 'storage_address_forbidden',
  webhook: 'webhook_address_forbidden',
} as const;
/** A webhook is only looked at, and nobody reads the code. */
const UNREACHABLE = {
  source: 'source_unreachable',
  storage: 'storage_unreachable',
  webhook: 'storage_unreachable',
} as const;

/**
 * Starts to connect. Throws JobFailure `*_address_forbidden` when the host alone is refused. When the peer of the socket
 * is refused later, the socket is destroyed with that failure, and nothing was sent.
 */
export function openGuardedSocket(guard: Guard, { host, port, tls, onread }: Target): Socket {
  const { allow, purpose, ca } = guard;
  refuseUnless(judgeHost(allow, purpose, host, port), guard, host);
  const socket = openSocket(
    { host, port, tls, ...(onread && { onread }) },
    { lookup: guardedLookup(guard, port), ...(ca !== undefined && { ca }) },
  );
  // First of all listeners: TLS writes its ClientHello in its own.
  socket.prependOnceListener('connect', () => {
    try {
      refuseUnless(judgePeer(guard, host, port, socket.remoteAddress ?? ''), guard, host);
    } catch (error) {
      socket.destroy(error as JobFailure);
    }
  });
  return socket;
}

/** Starts to connect to any address. `lookup` is that of the system by default, `ca` as in Guard. */
export function openSocket(
  { host, port, tls, onread }: Target,
  { lookup, ca }: { lookup?: LookupFunction; ca?: string } = {},
): Socket {
  const options = {
    host,
    port,
    autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT_MS,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS,
    ...(lookup && { lookup }),
    ...(onread && { onread }),
  };
  return tls ? openTls({ ...tls, ...options }, ca) : connectTcp(options);
}

function openTls(
  options: ConnectionOptions & { host: string; port: number },
  ca: string | undefined,
): TLSSocket {
  const { host, port, rejectUnauthorized = true } = options;
  const key = `${host} ${port} ${ca ?? ''}`;
  // A continued session is not verified again, so it must come from a connection that was.
  const session = rejectUnauthorized ? sessionOf(key) : undefined;
  const secureContext = secureContextFor(ca);
  const socket = connectTls({
    ...options,
    secureContext,
    ...(session && { session }),
    servername: serverName(host),
  });
  if (rejectUnauthorized) rememberSessions(socket, key);
  return socket;
}

/**
 * Calls back exactly once, whatever happens to the socket, since the caller waits without a limit. The socket keeps an
 * error listener, so that a later error does not crash the process.
 */
export function whenConnected(
  socket: Socket,
  timeoutMs: number,
  callback: (error: Error | null) => void,
): void {
  let isWaiting = true;
  const settle = (error: Error | null) => {
    clearTimeout(timer);
    if (!isWaiting) return;
    isWaiting = false;
    callback(error);
  };
  const timer = setTimeout(() => socket.destroy(new errors.ConnectTimeoutError()), timeoutMs);
  socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', () => {
    if (!socket.destroyed) settle(null);
  });
  socket.on('error', settle);
  socket.once('close', () => settle(new errors.SocketError('closed before it was connected')));
}

/**
 * All addresses of a name that the policy allows. A name that does not exist and a name with refused addresses only get
 * the same JobFailure: otherwise a URL could find out which internal names exist. Every guarded socket uses this
 * function.
 */
export function lookupAllowed(
  guard: Guard,
  { host, port }: Pick<Target, 'host' | 'port'>,
  options: LookupAllOptions,
  callback: (error: Error | null, addresses: LookupAddress[]) => void,
): void {
  (guard.lookup ?? systemLookup)(host, options, (error, found) => {
    if (error && !isNoSuchName(error)) return callback(error, []);
    const known = error ? [] : found;
    const allowed = known.filter(({ address }) => judgePeer(guard, host, port, address).allowed);
    if (allowed.length > 0) return callback(null, allowed);
    callback(new JobFailure(UNREACHABLE[guard.purpose], `${host}: no public address`), []);
  });
}

function isNoSuchName({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ENOTFOUND' || code === 'ENODATA';
}

function guardedLookup(guard: Guard, port: number): LookupFunction {
  return (host, options, callback) => {
    lookupAllowed(guard, { host, port }, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses;
      if (error || !first) return callback(error, []);
      if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

function judgePeer({ allow, purpose }: Guard, host: string, port: number, address: string): Verdict {
  if (isNameAllowed(allow, purpose, host, port)) return { allowed: true };
  return judgeAddress(allow, purpose, address, port);
}

function refuseUnless(verdict: Verdict, guard: Guard, host: string): void {
  const failure = toFailure(verdict, guard, host);
  if (failure) throw failure;
}

/** The detail names the requested host, never its address, which would reveal our network. */
function toFailure(verdict: Verdict, guard: Guard, host: string): JobFailure | null {
  return verdict.allowed ? null : new JobFailure(REFUSED[guard.purpose], `${host}: ${verdict.reason}`);
}

/** SNI allows neither literals nor a trailing dot (RFC 6066 §3). */
function serverName(host: string): string {
  return isIP(host) ? '' : host.replace(/\.$/, '');
}
