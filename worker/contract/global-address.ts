/** Which IP addresses are public hosts. Pure; imports ipaddr.js only, so Worker and downloader judge alike. */
import ipaddr from 'ipaddr.js';

export type IpAddress = ipaddr.IPv4 | ipaddr.IPv6;

/** The part of IPv6 that IANA has given out as global unicast; everything outside is special (RFC 4291 §2.4). */
const GLOBAL_UNICAST: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3];
/** NAT64's well-known prefix: an IPv4 host behind a translator, as DNS64 writes it on IPv6-only networks (RFC 6052). */
const NAT64: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('64:ff9b::'), 96];
/** Azure's host agent: it answers with secrets of the machine, on an address that looks public. */
const AZURE_HOST_AGENT = '168.63.129.16';

/**
 * Reads an address in its strict spelling: four decimal numbers, or IPv6 without brackets. IPv4-mapped IPv6 comes
 * back as its IPv4, since that is the host a socket would reach. Null for everything else (`127.1`, `0x7f000001`,
 * leading zeros), which readers disagree about.
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
 * Null when the address is a globally reachable unicast host, else the kind of network it belongs to. NAT64 is
 * judged by the IPv4 host inside. 6to4 and Teredo are refused whatever they carry: both are retired
 * (RFC 7526, RFC 4380), and a tunnel on this machine would deliver to the IPv4 host that they name.
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

/** ipaddr.js calls what is in no special-purpose registry `unicast`. */
function nameOf(range: string): string | null {
  return range === 'unicast' ? null : range.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
