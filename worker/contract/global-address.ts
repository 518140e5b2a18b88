/** Decides whether an IP address is a public host, for the Worker and the downloader. Pure. Imports ipaddr.js only. */
import ipaddr from 'ipaddr.js';

export type IpAddress = ipaddr.IPv4 | ipaddr.IPv6;

/** The global unicast range of IPv6 that IANA has assigned. Everything outside is special (RFC 4291 §2.4). */
const GLOBAL_UNICAST: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3];
/** The well-known prefix of NAT64: an IPv4 host behind a translator, as DNS64 returns it on IPv6-only networks (RFC 6052). */
const NAT64: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('64:ff9b::'), 96];
/** The host agent of Azure, which returns secrets of the machine on an address that looks public. */
const AZURE_HOST_AGENT = '168.63.129.16';

/**
 * Parses an address in strict notation: four decimal numbers, or IPv6 without brackets. An IPv4-mapped IPv6 address
 * becomes IPv4, the host that a socket would reach. Null for other notations (`127.1`, `0x7f000001`, leading zeros),
 * which parsers interpret differently.
 */
export function parseIp(text: string): IpAddress | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  const last = text.slice(text.lastIndexOf(':') + 1);
  const hex = last.includes('.') ? text.slice(0, text.length - last.length) + dottedToHex(last) : text;
  if (!hex.includes(':') || hex.includes('.') || !ipaddr.IPv6.isValid(hex)) return null;
  const address = ipaddr.IPv6.parse(hex);
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

/** `8.8.8.8` at the end of an IPv6 address as `808:808`: ipaddr.js would read `::8.8.8.8` as IPv4-mapped, which it is not. */
function dottedToHex(dotted: string): string {
  if (!ipaddr.IPv4.isValidFourPartDecimal(dotted)) return dotted;
  const [a = 0, b = 0, c = 0, d = 0] = ipaddr.IPv4.parse(dotted).toByteArray();
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

/**
 * Null when the address is a globally reachable unicast host, otherwise the kind of its network. For NAT64, the
 * IPv4 host inside decides. 6to4 and Teredo are always refused: both are obsolete (RFC 7526, RFC 4380), and a tunnel
 * on this machine would deliver to the IPv4 host that they contain.
 */
export function specialNetwork(address: IpAddress): string | null {
  if (address instanceof ipaddr.IPv4) {
    if (address.toString() === AZURE_HOST_AGENT) return 'cloud host agent';
    return nameOf(address.range());
  }
  if (address.match(NAT64)) {
    const inner = specialNetwork(new ipaddr.IPv4(address.toByteArray().slice(12)));
    return inner === null ? null : `NAT64 of ${inner}`;
  }
  const name = nameOf(address.range());
  return name ?? (address.match(GLOBAL_UNICAST) ? null : 'reserved');
}

/** ipaddr.js uses `unicast` for addresses outside of all special-purpose registries. */
function nameOf(range: string): string | null {
  return range === 'unicast' ? null : range.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
