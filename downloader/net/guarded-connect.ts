/**
 * Opens sockets to hosts that others named. The policy is asked three times, since each alone has a hole: a URL's
 * host before anything happens (`lookup` is never called for literals), every address that a name resolves to, and
 * the peer of the socket before a byte is written.
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

/** Resolves a name to all its addresses, as `dns.lookup` does. */
export type LookupAll = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** Whose connections these are, and what the operator allows them. The downloader sends no webhooks. */
export interface Guard {
  allow: EgressAllow;
  purpose: Exclude<EgressPurpose, 'webhook'>;
  /** The system's resolver unless given. */
  lookup?: LookupAll;
  /** PEM of the authorities to trust; Node's own unless given (NODE_EXTRA_CA_CERTS adds to those). */
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

/** Milliseconds to a usable connection, name resolution and TLS included: undici's own default. */
export const CONNECT_TIMEOUT_MS = 10_000;
/**
 * Milliseconds for one address before the next is tried. Node's 250 gives up hosts that are only far away; with one
 * second a dead IPv6 route still leaves time for IPv4.
 */
const ATTEMPT_TIMEOUT_MS = 1000;
/** Milliseconds of silence before TCP asks whether the peer still lives: undici's own default. */
const KEEP_ALIVE_DELAY_MS = 60_000;

const REFUSED = { source: 'source_address_forbidden', storage: 'storage_address_forbidden' } as const;
const UNREACHABLE = { source: 'source_unreachable', storage: 'storage_unreachable' } as const;

/**
 * Starts to connect. Throws JobFailure `*_address_forbidden` when the host alone is refused. When the peer of the socket
 * is refused later, the socket is destroyed with that failure, and nothing was sent.
 */
export function openGuardedSocket(guard: Guard, { host, port, tls, onread }: Target): Socket {
  const { allow, purpose, ca } = guard;
  refuseUnless(judgeHost(allow, purpose, host, port), guard, host);
  const options = {
    host,
    port,
    lookup: guardedLookup(guard, port),
    autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT_MS,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS,
    ...(onread && { onread }),
  };
  const socket = tls
    ? connectTls({ ...tls, ...options, ...(ca && { ca }), servername: serverName(host) })
    : connectTcp(options);
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

/**
 * Calls back exactly once, whatever becomes of the socket: a caller that is never called back waits for ever. The
 * socket keeps a listener for errors, so a later one is no crash.
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
 * All addresses of a name that the policy allows. A name that does not exist and a name that leads only to refused
 * addresses get the same JobFailure: otherwise a URL could find out which internal names exist. Every guarded socket
 * resolves names here.
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

/** The detail names the host as it was asked for, never the address behind it: that would tell about our network. */
function toFailure(verdict: Verdict, guard: Guard, host: string): JobFailure | null {
  return verdict.allowed ? null : new JobFailure(REFUSED[guard.purpose], `${host}: ${verdict.reason}`);
}

/** SNI knows neither literals nor the root's dot (RFC 6066 §3). */
function serverName(host: string): string {
  return isIP(host) ? '' : host.replace(/\.$/, '');
}
