import { describe, expect, test } from 'vitest';
import { parseIp } from '../../worker/contract/global-address.ts';
import { isInNetwork, isPartOf, parseNetwork, type Network } from '../../worker/contract/network.ts';

const network = (text: string): Network => {
  const parsed = parseNetwork(text);
  if (parsed === null) throw new Error(`${text} is not a network`);
  return parsed;
};
const contains = (cidr: string, ip: string) => isInNetwork(network(cidr), parseIp(ip)!);

describe('a network', () => {
  test.each([
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7', '192.0.2.8', false],
    ['192.0.2.0/24', '192.0.2.255', true],
    ['192.0.2.0/24', '192.0.3.0', false],
    ['192.0.2.0/24', '::ffff:192.0.2.9', true],
    ['::ffff:192.0.2.7', '192.0.2.7', true],
    ['0.0.0.0/0', '203.0.113.1', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:DB8::/32', '2001:0db8:0000::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['2001:db8::/33', '2001:db8:8000::', false],
    ['::1', '127.0.0.1', false],
  ])('%s and %s: %s', (cidr, ip, isInside) => {
    expect(contains(cidr, ip)).toBe(isInside);
  });

  test.each([
    '',
    'example.com',
    '192.0.2.1/24',
    '192.0.2.0/33',
    '192.0.2.0/',
    '192.0.2.0/-1',
    '192.0.2.0/24/24',
    '192.0.2',
    '0x7f.1',
    '010.0.0.1',
    '2001:db8::1/32',
    '2001:db8::/129',
    '[2001:db8::1]',
    'fe80::1%eth0',
    '::ffff:10.0.0.0/8',
    '::ffff:192.0.2.7/128',
    ' 192.0.2.1',
  ])('is not written as "%s"', (text) => {
    expect(parseNetwork(text)).toBeNull();
  });

  test.each([
    ['192.0.2.7', '192.0.2.0/24', true],
    ['192.0.2.0/24', '192.0.2.0/24', true],
    ['192.0.2.0/23', '192.0.2.0/24', false],
    ['198.51.100.0/25', '192.0.2.0/24', false],
    ['2001:db8:1::/48', '2001:db8::/32', true],
    ['2001:db8::/32', '0.0.0.0/0', false],
  ])('%s is part of %s: %s', (inner, outer, isPart) => {
    expect(isPartOf(network(inner), network(outer))).toBe(isPart);
  });
});
