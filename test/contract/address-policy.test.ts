import { describe, expect, it } from 'vitest';
import { judgeAddress, judgeHost, parseEgressAllow } from '../../worker/contract/address-policy.ts';

const NOTHING = parseEgressAllow('');

/** Addresses that are not public hosts. */
const FORBIDDEN_ADDRESSES = [
  ['0.0.0.0', 'unspecified'],
  ['0.1.2.3', 'unspecified'],
  ['10.0.0.1', 'private'],
  ['100.64.0.1', 'carrier-grade-nat'],
  ['100.100.100.200', 'carrier-grade-nat'],
  ['100.127.255.255', 'carrier-grade-nat'],
  ['127.0.0.1', 'loopback'],
  ['127.255.255.254', 'loopback'],
  ['168.63.129.16', 'cloud host agent'],
  ['169.254.169.254', 'link-local'],
  ['172.16.0.1', 'private'],
  ['172.31.255.255', 'private'],
  ['192.0.0.192', 'reserved'],
  ['192.0.2.1', 'reserved'],
  ['192.88.99.1', 'reserved'],
  ['192.168.0.1', 'private'],
  ['198.18.0.1', 'reserved'],
  ['198.19.255.255', 'reserved'],
  ['198.51.100.7', 'reserved'],
  ['203.0.113.7', 'reserved'],
  ['224.0.0.1', 'multicast'],
  ['239.255.255.255', 'multicast'],
  ['240.0.0.1', 'reserved'],
  ['255.255.255.255', 'broadcast'],
  ['::', 'unspecified'],
  ['::1', 'loopback'],
  ['::7f00:1', 'reserved'],
  ['::8.8.8.8', 'reserved'],
  ['::ffff:127.0.0.1', 'loopback'],
  ['::ffff:a9fe:a9fe', 'link-local'],
  ['0:0:0:0:0:ffff:0a00:0001', 'private'],
  ['::ffff:0:127.0.0.1', 'rfc6145'],
  ['64:ff9b::127.0.0.1', 'NAT64 of loopback'],
  ['64:ff9b::a9fe:a9fe', 'NAT64 of link-local'],
  ['64:ff9b:1::8.8.8.8', 'rfc6052'],
  ['100::1', 'discard'],
  ['2001::1', 'teredo'],
  ['2001:0:808:808::f7f7:f7f7', 'teredo'],
  ['2001:2::1', 'benchmarking'],
  ['2001:10::1', 'deprecated-orchid'],
  ['2001:20::1', 'orchid2'],
  ['2001:db8::1', 'reserved'],
  ['2002:7f00:1::', '6to4'],
  ['2002:808:808::1', '6to4'],
  ['3fff::1', 'reserved'],
  ['4000::1', 'reserved'],
  ['5f00::1', 'segment-routing'],
  ['8000::1', 'reserved'],
  ['fc00::1', 'unique-local'],
  ['fd00:ec2::254', 'unique-local'],
  ['fe80::1', 'link-local'],
  ['fe80::1%eth0', 'link-local'],
  ['fec0::1', 'deprecated-site-local'],
  ['ff02::1', 'multicast'],
] as const;

const PUBLIC_ADDRESSES = [
  '1.1.1.1',
  '8.8.8.8',
  '100.63.255.255',
  '100.128.0.1',
  '172.15.0.1',
  '172.32.0.1',
  '192.0.1.1',
  '198.17.255.255',
  '198.20.0.1',
  '223.255.255.255',
  '2606:4700:4700::1111',
  '2a00:1450:4001:80b::200e',
  '::ffff:8.8.8.8',
  '64:ff9b::8.8.8.8',
];

describe('addresses', () => {
  it.each(FORBIDDEN_ADDRESSES)('%s is refused as %s for every purpose', (ip, network) => {
    for (const purpose of ['source', 'storage', 'webhook'] as const) {
      expect(judgeAddress(NOTHING, purpose, ip, 443)).toStrictEqual({
        allowed: false,
        reason: `${network} address`,
      });
    }
  });

  it.each(PUBLIC_ADDRESSES)('%s is a public host', (ip) => {
    expect(judgeAddress(NOTHING, 'source', ip, 443)).toStrictEqual({ allowed: true });
  });

  it.each([
    '',
    'example.com',
    '127.1',
    '0x7f000001',
    '2130706433',
    '010.0.0.1',
    '1.2.3.4.5',
    '::ffff:010.0.0.1',
    '[::1]',
    '8.8.8.8 ',
    '8.8.8.8/32',
  ])('the socket address %j is refused, although some parsers read it as a public address', (ip) => {
    expect(judgeAddress(NOTHING, 'source', ip, 443)).toStrictEqual({
      allowed: false,
      reason: 'not an IP address',
    });
  });
});

describe('ports', () => {
  it.each([80, 443, 1024, 8080, 8443, 9000, 65_535])('%i is allowed on a public host', (port) => {
    expect(judgeAddress(NOTHING, 'source', '8.8.8.8', port)).toStrictEqual({ allowed: true });
    expect(judgeHost(NOTHING, 'source', 'cdn.example.com', port)).toStrictEqual({ allowed: true });
  });

  it.each([0, 22, 25, 53, 110, 143, 445, 465, 587, 993, 1023, 65_536, -1, Number.NaN])(
    '%i is refused on addresses and names',
    (port) => {
      const refused = { allowed: false, reason: `port ${port}` };
      expect(judgeAddress(NOTHING, 'source', '8.8.8.8', port)).toStrictEqual(refused);
      expect(judgeHost(NOTHING, 'source', 'cdn.example.com', port)).toStrictEqual(refused);
    },
  );
});

describe('hosts of URLs', () => {
  it.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://017700000001/',
    'http://127.1/',
    'http://127.0.0.1./',
    'http://①②⑦.⓪.⓪.①/',
    'http://１２７．０．０．１/',
    'http://127。0。0。1/',
    'http://%31%32%37.0.0.1/',
    'http://127.0.0.1:80/',
    'http://user:pass@127.0.0.1/',
    'http://example.com@127.0.0.1/',
    'http:127.0.0.1',
    'http:\\\\127.0.0.1\\',
    'http://0/',
    'http://169.254.169.254/latest/meta-data/',
    'http://0xa9fea9fe/',
    'http://[::1]/',
    'http://[::]/',
    'http://[0:0:0:0:0:0:0:1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:169.254.169.254]/',
    'http://[::ffff:7f00:1]/',
    'http://[::127.0.0.1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://[fe80::1]/',
    'http://[fd00:ec2::254]/',
    'http://localhost/',
    'http://LOCALHOST/',
    'http://localhost./',
    'http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/',
    'http://loc%61lhost/',
    'http://foo.localhost/',
    'http://printer.local/',
    'http://nas.lan/',
    'http://nas.lan./',
    'http://metadata.google.internal/',
    'http://metadata/',
    'http://router.home.arpa/',
    'http://intranet/',
    'http://server.corp/',
    'http://kubernetes.default.svc.cluster.local/',
  ])('%s is refused before its name is resolved', (text) => {
    expect(judgeHost(NOTHING, 'source', new URL(text).hostname, 80)).toMatchObject({ allowed: false });
  });

  it.each([
    'https://example.com/',
    'https://example.com./',
    'https://a-b.c_d.example.co.uk/',
    'https://bücher.example.org/',
    'https://8.8.8.8/',
    'https://[2606:4700:4700::1111]/',
    'https://localhost.example.com/',
    'https://127.0.0.1.nip.io/',
  ])('%s is allowed to be resolved', (text) => {
    expect(judgeHost(NOTHING, 'source', new URL(text).hostname, 443)).toStrictEqual({ allowed: true });
  });

  it.each([
    '',
    '.',
    '..',
    'a..b.com',
    '.example.com',
    'example.com..',
    '127.1',
    '2130706433',
    '0x7f.1',
    'foo.0x',
    '1.2.3.4.5',
    '①②⑦.⓪.⓪.①',
    'exa mple.com',
    'example.com:80',
    'a/b.com',
    '-rf.example.com',
    '[::1',
    '[]',
    '[fe80::1%25eth0]',
    'example.com\0.evil.com',
    'user@example.com',
  ])('the raw host %j is refused', (host) => {
    expect(judgeHost(NOTHING, 'storage', host, 443)).toMatchObject({ allowed: false });
  });
});
