/**
 * The addresses to which the service may connect for sources, customers' storage and webhooks. The Worker, which sees
 * only names, and the downloader, which sees every socket, apply the same policy. Pure.
 */
import { parseIp, specialNetwork, type IpAddress } from './global-address.ts';
import { isInNetwork, parseNetwork, type Network } from './network.ts';

export type EgressPurpose = 'source' | 'storage' | 'webhook';

/** `reason` is a phrase for messages and logs. */
export type Verdict = { allowed: true } | { allowed: false; reason: string };

/** One entry of EGRESS_ALLOW; `null` means every purpose, or every port. */
interface AllowEntry {
  purpose: EgressPurpose | null;
  port: number | null;
  host: string | Network;
}

/** The addresses that the operator allows in addition to the public internet. */
export type EgressAllow = readonly AllowEntry[];

const PURPOSES: readonly EgressPurpose[] = ['source', 'storage', 'webhook'];
const ALLOWED: Verdict = { allowed: true };
/** User ports start here (RFC 6335). A program needs no privilege to listen on them. */
const FIRST_USER_PORT = 1024;
/** Last labels of names that resolve only inside a network (RFC 6761, 6762, 8375, ICANN's private-use `internal`, and common practice). */
const INTERNAL_SUFFIX =
  /(?:^|\.)(?:localhost|localdomain|local|internal|intranet|private|corp|home|lan|home\.arpa)$/;
const HOST_NAME = /^(?!-)[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;
/** Some resolvers read a name whose last label is a number as an IPv4 address (`127.1`, `0x7f.1`, `2130706433`). */
const ENDS_IN_NUMBER = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/;

/**
 * Reads EGRESS_ALLOW: entries separated by commas or spaces, each `[purpose:]host[:port]`, where host is a name, an
 * address or a CIDR (`storage:10.0.0.5:9000`, `source:media.lan`, `10.0.0.0/8`, `[fd00::1]:443`). Throws an Error
 * that names the first invalid entry.
 */
export function parseEgressAllow(text: string): EgressAllow {
  return text
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map(parseEntry);
}

/** The verdict on one address and port. `ip` is the address of a socket or from a resolver, without brackets. */
export function judgeAddress(allow: EgressAllow, purpose: EgressPurpose, ip: string, port: number): Verdict {
  const address = parseIp(ip);
  if (address === null) return refuse('not an IP address');
  if (isAddressNamed(allow, purpose, ip, port)) return ALLOWED;
  const network = specialNetwork(address);
  if (network !== null) return refuse(`${network} address`);
  return isOrdinaryPort(port) ? ALLOWED : refuse(`port ${port}`);
}

/**
 * The verdict on the host of a URL (`URL.hostname`) before it is resolved. For an address the verdict is final. A name
 * that is allowed here must still be resolved and its addresses checked with `judgeAddress`.
 */
export function judgeHost(
  allow: EgressAllow,
  purpose: EgressPurpose,
  hostname: string,
  port: number,
): Verdict {
  const literal = literalAddress(hostname);
  if (literal !== null) return judgeAddress(allow, purpose, literal, port);
  if (isNameAllowed(allow, purpose, hostname, port)) return ALLOWED;
  const name = normaliseName(hostname);
  if (!HOST_NAME.test(name)) return refuse('not a host name');
  if (ENDS_IN_NUMBER.test(name)) return refuse('an ambiguous spelling of an address');
  if (!name.includes('.') || INTERNAL_SUFFIX.test(name)) return refuse('an internal host name');
  // The name may resolve to an allowed network, so its port is checked together with its addresses.
  const mayBeAllowed = entriesFor(allow, purpose, port).some((entry) => typeof entry.host !== 'string');
  return isOrdinaryPort(port) || mayBeAllowed ? ALLOWED : refuse(`port ${port}`);
}

/** The address of `URL.hostname`, without brackets, when it is an IP literal; null for a name. */
export function literalAddress(hostname: string): string | null {
  const literal = /^\[(.*)\]$/.exec(hostname)?.[1] ?? hostname;
  return parseIp(literal) === null ? null : literal;
}

/** True when an address or a network in EGRESS_ALLOW covers this address. */
export function isAddressNamed(
  allow: EgressAllow,
  purpose: EgressPurpose,
  ip: string,
  port: number,
): boolean {
  const address = parseIp(ip);
  return address !== null && entriesFor(allow, purpose, port).some((entry) => covers(entry, address));
}

/** True when EGRESS_ALLOW has this name. Then every address that it resolves to is allowed. */
export function isNameAllowed(
  allow: EgressAllow,
  purpose: EgressPurpose,
  hostname: string,
  port: number,
): boolean {
  const name = normaliseName(hostname);
  return entriesFor(allow, purpose, port).some((entry) => entry.host === name);
}

/**
 * True when the operator has opened this host (`URL.hostname`): EGRESS_ALLOW names it, or it is refused without EGRESS_ALLOW.
 * Rules for public hosts, such as https only, do not apply to it.
 */
export function isOpened(
  allow: EgressAllow,
  purpose: EgressPurpose,
  hostname: string,
  port: number,
): boolean {
  const address = literalAddress(hostname);
  if (address !== null) return isAddressNamed(allow, purpose, address, port);
  return isNameAllowed(allow, purpose, hostname, port) || !judgeHost([], purpose, hostname, port).allowed;
}

/** The port of a URL, also when it is the default of its scheme. */
export function portOf({ port, protocol }: URL): number {
  return Number(port || (protocol === 'https:' ? 443 : 80));
}

function refuse(reason: string): Verdict {
  return { allowed: false, reason };
}

/** Web ports and user ports. Other ports below 1024 belong to services that may interpret HTTP as their own commands. */
function isOrdinaryPort(port: number): boolean {
  return port === 80 || port === 443 || (port >= FIRST_USER_PORT && port <= 65_535);
}

function entriesFor(allow: EgressAllow, purpose: EgressPurpose, port: number): EgressAllow {
  return allow.filter(
    (entry) =>
      (entry.purpose === null || entry.purpose === purpose) && (entry.port === null || entry.port === port),
  );
}

function covers(entry: AllowEntry, address: IpAddress): boolean {
  return typeof entry.host !== 'string' && isInNetwork(entry.host, address);
}

/** Lower case and without a final dot: `LOCALHOST.` becomes `localhost`. */
function normaliseName(hostname: string): string {
  return hostname.toLowerCase().replace(/\.$/, '');
}

function parseEntry(entry: string): AllowEntry {
  const purpose = PURPOSES.find((word) => entry.startsWith(`${word}:`)) ?? null;
  const { host, port } = splitPort(purpose === null ? entry : entry.slice(purpose.length + 1));
  const target = parseTarget(host);
  if (target === null || port === 0 || (port ?? 0) > 65_535) {
    throw new Error(
      `EGRESS_ALLOW: "${entry}" is not [purpose:]host[:port] with a name, an address or a CIDR`,
    );
  }
  return { purpose, host: target, port };
}

/** An IPv6 address with a port needs brackets: in `fd00::1:443`, 443 is part of the address. */
function splitPort(text: string): { host: string; port: number | null } {
  const [, bracketed, plain, port] = /^(?:\[([^:\]]*:[^\]]*)\]|([^:[\]]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
  return { host: bracketed ?? plain ?? text, port: port === undefined ? null : Number(port) };
}

/** A name, or a network. Null for anything else, including a CIDR with host bits. */
function parseTarget(host: string): string | Network | null {
  const network = parseNetwork(host);
  if (network !== null) return network;
  const name = normaliseName(host);
  return HOST_NAME.test(name) && !ENDS_IN_NUMBER.test(name) ? name : null;
}
