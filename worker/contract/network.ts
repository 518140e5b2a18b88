/** Networks of IP addresses in CIDR notation. Pure. */
import { parseIp, type IpAddress } from './global-address.ts';

/** The addresses whose first `prefixBits` bits are those of `base`. */
export interface Network {
  base: IpAddress;
  prefixBits: number;
}

/** Reads an address or a CIDR such as `10.0.0.0/8`. Null for anything else, including a CIDR with host bits and a zone. */
export function parseNetwork(text: string): Network | null {
  if (text.includes('%')) return null;
  const [address = '', bits] = text.split(/\/(?=\d{1,3}$)/);
  const base = parseIp(address);
  // The prefix of an IPv4-mapped network counts the bits of IPv6.
  const isMapped = address.includes(':') && base?.kind() === 'ipv4';
  if (base === null || (isMapped && bits !== undefined)) return null;
  const prefixBits = bits === undefined ? addressBits(base) : Number(bits);
  return prefixBits <= addressBits(base) && isNetworkAddress(base, prefixBits) ? { base, prefixBits } : null;
}

/** True when the network contains the address. */
export function isInNetwork({ base, prefixBits }: Network, address: IpAddress): boolean {
  return base.kind() === address.kind() && address.match(base, prefixBits);
}

/** True when every address of `inner` is in `outer`. */
export function isPartOf(inner: Network, outer: Network): boolean {
  return inner.prefixBits >= outer.prefixBits && isInNetwork(outer, inner.base);
}

function addressBits(address: IpAddress): number {
  return address.kind() === 'ipv4' ? 32 : 128;
}

/** True when all bits after the prefix are zero. Otherwise `10.1.2.3/8` would allow more than its author may have intended. */
function isNetworkAddress(address: IpAddress, prefixBits: number): boolean {
  return address.toByteArray().every((byte, index) => {
    const hostBits = Math.min(8, Math.max(0, 8 * (index + 1) - prefixBits));
    return byte % 2 ** hostBits === 0;
  });
}
