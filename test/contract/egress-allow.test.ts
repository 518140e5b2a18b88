import { describe, expect, it } from 'vitest';
import {
  isNameAllowed,
  judgeAddress,
  judgeHost,
  parseEgressAllow,
} from '../../worker/contract/address-policy.ts';

describe('EGRESS_ALLOW', () => {
  const allow = parseEgressAllow(
    'storage:10.0.0.5:9000, source:Media.LAN  192.168.0.0/16,[fd00::1]:443 webhook:hooks:8080,\nstorage:fd00:1::/32 storage:172.16.0.0/12:9000 source:8.8.8.8:22',
  );

  it.each([
    ['storage', '10.0.0.5', 9000, true],
    ['storage', '::ffff:10.0.0.5', 9000, true],
    ['storage', '10.0.0.5', 9001, false],
    ['storage', '10.0.0.6', 9000, false],
    ['source', '10.0.0.5', 9000, false],
    ['webhook', '192.168.3.4', 22, true],
    ['source', '192.168.3.4', 80, true],
    ['source', '192.169.0.1', 80, true],
    ['source', 'fd00::1', 443, true],
    ['source', 'fd00::1', 80, false],
    ['storage', 'fd00:1::5', 80, true],
    ['storage', '172.20.1.1', 9000, true],
    ['storage', '172.20.1.1', 443, false],
    ['source', '8.8.8.8', 22, true],
    ['storage', '8.8.8.8', 22, false],
  ] as const)('for %s %s port %i the verdict is %s', (purpose, ip, port, allowed) => {
    expect(judgeAddress(allow, purpose, ip, port).allowed).toBe(allowed);
  });

  it('covers all notations of a host in URLs', () => {
    expect(judgeHost(allow, 'source', new URL('http://[fd00::1]:443/').hostname, 443)).toStrictEqual({
      allowed: true,
    });
    expect(judgeHost(allow, 'source', new URL('http://MEDIA.lan./').hostname, 80)).toStrictEqual({
      allowed: true,
    });
    expect(judgeHost(allow, 'storage', 'media.lan', 80)).toMatchObject({ allowed: false });
    expect(judgeHost(allow, 'webhook', 'hooks', 8080)).toStrictEqual({ allowed: true });
    expect(judgeHost(allow, 'webhook', 'hooks', 80)).toMatchObject({ allowed: false });
    expect(judgeHost(allow, 'webhook', 'sub.hooks', 8080)).toStrictEqual({ allowed: true });
  });

  it('allows the addresses of an allowed name only', () => {
    expect(isNameAllowed(allow, 'source', 'media.lan.', 1234)).toBe(true);
    expect(isNameAllowed(allow, 'storage', 'media.lan', 1234)).toBe(false);
    expect(isNameAllowed(allow, 'source', 'x.media.lan', 1234)).toBe(false);
    expect(isNameAllowed(allow, 'source', '192.168.1.1', 1234)).toBe(false);
  });

  it('decides an unusual port by the addresses of the name when a network is allowed', () => {
    expect(judgeHost(allow, 'source', 'nas.example.com', 22)).toStrictEqual({ allowed: true });
    expect(judgeAddress(allow, 'source', '9.9.9.9', 22)).toStrictEqual({ allowed: false, reason: 'port 22' });
  });

  it.each([
    'http://10.0.0.1',
    '10.0.0.1/33',
    '10.0.0.1/8',
    '10.0.0.0/',
    '/8',
    'fd00::/129',
    'fd00::1/64',
    '127.1',
    '2130706433',
    '0x7f.1',
    '010.0.0.1',
    'source:',
    'source:9000',
    ':80',
    'host:0',
    'host:65536',
    'host:http',
    '[fd00::1]x',
    '[host]:80',
    '[10.0.0.1]',
    '*.lan',
    'a b@c',
    'sources:media.lan:80',
    'host:80:90',
  ])('refuses the entry %j and names it', (entry) => {
    expect(() => parseEgressAllow(`10.0.0.0/8, ${entry}`)).toThrow(
      `EGRESS_ALLOW: "${entry.split(' ').at(-1)}" is not`,
    );
  });

  it('accepts an empty or blank text', () => {
    expect(parseEgressAllow(' , \n')).toStrictEqual([]);
  });
});
