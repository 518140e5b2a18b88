import { afterEach, describe, expect, it } from 'vitest';
import { parseEgressAllow } from '../../../worker/contract/address-policy.ts';
import { ProbeAnswer, type ProbeRequest } from '../../../worker/contract/downloader/command.ts';
import type { Guard, LookupAll } from '../../../downloader/net/guarded-connect.ts';
import { probeHost } from '../../../downloader/net/probe.ts';
import { makeCertificate } from './certificate.ts';
import { resolvesTo } from './network.ts';
import { closeServers, recordTcp, serveHttp, serveHttps } from './servers.ts';

afterEach(closeServers);

/** Every answer must fit the wire. */
async function probe(
  allow: string,
  request: ProbeRequest,
  lookup: LookupAll = resolvesTo(['127.0.0.1']),
  options: Pick<Guard, 'ca'> = {},
): Promise<ProbeAnswer> {
  return ProbeAnswer.parse(await probeHost(parseEgressAllow(allow), request, { lookup, ...options }));
}

describe('a probe', () => {
  it('tells address, protocol and certificate of an endpoint', async () => {
    const certificate = makeCertificate(['s3.example.com']);
    const port = await serveHttps(certificate, () => undefined);
    const answer = await probe(
      '127.0.0.1',
      { host: 's3.example.com', port },
      resolvesTo(['127.0.0.1', '10.0.0.1']),
      { ca: certificate.cert },
    );
    expect(answer).toStrictEqual({
      addresses: ['127.0.0.1'],
      allowed: true,
      reason: null,
      tls: {
        authorized: true,
        error: null,
        protocol: 'TLSv1.3',
        subject: 's3.example.com',
        validTo: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
      },
    });
  });

  it('only resolves the host of a webhook, and judges its addresses by what is allowed for webhooks', async () => {
    const request = { host: 'hook.example.com', port: 443 };
    const look = (purpose?: 'storage' | 'webhook') =>
      probe('webhook:10.0.0.1', purpose ? { ...request, purpose } : request, resolvesTo(['10.0.0.1']));
    expect(await look('webhook')).toStrictEqual({
      addresses: ['10.0.0.1'],
      allowed: true,
      reason: null,
      tls: null,
    });
    const reason = 'The host name does not resolve (hook.example.com: no public address)';
    expect(await look('storage')).toStrictEqual({ addresses: [], allowed: true, reason, tls: null });
    expect(await look()).toStrictEqual({ addresses: [], allowed: true, reason, tls: null });
  });

  it.each([
    ['an unknown issuer', 'a.example.com', 'a.example.com', 2, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['another name', 'b.example.com', 'other.example.com', 2, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['an expired certificate', 'c.example.com', 'c.example.com', -1, 'CERT_HAS_EXPIRED'],
  ])('reports %s', async (_what, name, host, days, error) => {
    const certificate = makeCertificate([name], days);
    const port = await serveHttps(certificate, () => undefined);
    const trusted = error === 'DEPTH_ZERO_SELF_SIGNED_CERT' ? {} : { ca: certificate.cert };
    const answer = await probe('127.0.0.1', { host, port }, resolvesTo(['127.0.0.1']), trusted);
    expect(answer).toMatchObject({ allowed: true, tls: { authorized: false, error } });
  });

  it('reports a name that does not exist, a closed port and missing TLS', async () => {
    const lookup: LookupAll = (_host, _options, callback) =>
      process.nextTick(callback, Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }), []);
    expect(await probe('', { host: 'nowhere.example.com', port: 443 }, lookup)).toStrictEqual({
      addresses: [],
      allowed: true,
      reason: 'The host name does not resolve (nowhere.example.com: no public address)',
      tls: null,
    });
    const plain = await serveHttp(() => undefined);
    const refused = { addresses: ['127.0.0.1'], allowed: true, tls: null };
    expect(await probe('127.0.0.1', { host: '127.0.0.1', port: plain })).toMatchObject({
      ...refused,
      reason: expect.stringMatching(/^No TLS connection \((?:ERR_SSL|EPROTO)/) as string,
    });
    await closeServers();
    expect(await probe('127.0.0.1', { host: '127.0.0.1', port: plain })).toStrictEqual({
      ...refused,
      reason: 'No TLS connection (ECONNREFUSED)',
    });
  });

  it.each(['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', 'localhost', '127.1', '2130706433', 'a/b'])(
    'reports only the reason for the refused host %s, and sends it nothing',
    async (host) => {
      const server = await recordTcp();
      const answer = await probe('source:127.0.0.1', { host, port: server.port }, resolvesTo(['127.0.0.1']));
      expect(answer).toStrictEqual({
        addresses: [],
        allowed: false,
        reason: expect.any(String) as string,
        tls: null,
      });
      expect(server.connections).toBe(0);
    },
  );

  it('gives the same answer for a name with a private address and for one that does not exist', async () => {
    const server = await recordTcp();
    const host = 'inside.example.com';
    const unknown: LookupAll = (_host, _options, callback) =>
      process.nextTick(callback, Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }), []);
    const answer = await probe('source:127.0.0.1', { host, port: server.port });
    expect(answer).toEqual(await probe('', { host, port: server.port }, unknown));
    expect(server.connections).toBe(0);
  });
});
