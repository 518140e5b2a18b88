/** The first checks of Test Connection with real sockets of the downloader: names, addresses and certificates. */
import { afterEach, describe, expect, it } from 'vitest';
import type { LookupAll } from '../../downloader/net/guarded-connect.ts';
import { probeHost } from '../../downloader/net/probe.ts';
import { parseEgressAllow } from '../../worker/contract/address-policy.ts';
import type { ConnectionCheck } from '../../worker/contract/api/storage/connection-report.ts';
import type { LearnedFacts } from '../../worker/db/destination-columns.ts';
import { s3Target } from '../../worker/storage/s3/target.ts';
import { checkNetwork } from '../../worker/storage/connection/test-network.ts';
import { makeCertificate } from '../downloader/net/certificate.ts';
import { resolvesTo } from '../downloader/net/network.ts';
import { closeServers, serveHttp, serveHttps } from '../downloader/net/servers.ts';

afterEach(closeServers);

const KEYS = { accessKeyId: 'AKIA', secretAccessKey: 'secret' };
type Probe = Parameters<typeof checkNetwork>[0]['downloader']['probe'];

async function check(
  probe: Probe,
  endpoint: string | null,
  { region = 'us-east-1', known = null }: { region?: string; known?: LearnedFacts | null } = {},
): Promise<ConnectionCheck[]> {
  const ctx = { downloader: { probe }, log: { info: () => undefined }, now: () => Date.now() };
  const target = s3Target({ endpoint, region, bucket: 'media' }, KEYS);
  return (await checkNetwork(ctx, target, { hasEndpoint: endpoint !== null, known })).checks;
}

/** The probe of a downloader that allows loopback and resolves every name to it. */
function probeOf(addresses = ['127.0.0.1'], ca?: string, allow = '127.0.0.1'): Probe {
  const options = { lookup: resolvesTo(addresses), ...(ca !== undefined && { ca }) };
  return async (request) => probeHost(parseEgressAllow(allow), request, options);
}

async function serve(names: string[], days = 90): Promise<{ port: number; cert: string }> {
  const certificate = makeCertificate(names, days);
  return { port: await serveHttps(certificate, () => undefined), cert: certificate.cert };
}

/** The probe of a downloader for which no name exists. */
const nowhere: Probe = async (request) => {
  const unknown = Object.assign(new Error('not found'), { code: 'ENOTFOUND' });
  const lookup: LookupAll = (_host, _options, callback) => process.nextTick(callback, unknown, []);
  return probeHost([], request, { lookup });
};

describe('the network checks of an endpoint', () => {
  it('pass with a valid certificate', async () => {
    const { port, cert } = await serve(['s3.example.com']);
    expect(await check(probeOf(undefined, cert), `https://s3.example.com:${port}`)).toEqual([
      { name: 'address', status: 'pass', message: 'The address is allowed.', hint: null, code: null },
      { name: 'dns', status: 'pass', message: 's3.example.com has an address.', hint: null, code: null },
      { name: 'tls', status: 'pass', message: 'The certificate is valid (TLSv1.3).', hint: null, code: null },
    ]);
  });

  it.each([
    ['an unknown issuer', ['s3.example.com'], 90, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['another name', ['other.example.com'], 90, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['an expired certificate', ['s3.example.com'], -1, 'CERT_HAS_EXPIRED'],
  ])('fail with %s', async (what, names, days, error) => {
    const { port, cert } = await serve(names, days);
    const probe = what === 'an unknown issuer' ? probeOf() : probeOf(undefined, cert);
    expect((await check(probe, `https://s3.example.com:${port}`)).at(-1)).toMatchObject({
      name: 'tls',
      status: 'fail',
      message: `The storage could not be reached. (the certificate of s3.example.com is not valid: ${error})`,
      code: 'storage_unreachable',
    });
  });

  it('warn two days before the certificate expires', async () => {
    const { port, cert } = await serve(['s3.example.com'], 3);
    const checks = await check(probeOf(undefined, cert), `https://s3.example.com:${port}`);
    expect(checks.at(-1)).toMatchObject({
      status: 'warn',
      message: expect.stringMatching(/expires in [23] days/),
    });
  });

  it('fail at a port without TLS and at a closed port', async () => {
    for (const port of [await serveHttp(() => undefined), 1]) {
      const checks = await check(probeOf(), `https://s3.example.com:${port}`);
      expect(checks.at(-1)).toMatchObject({ name: 'tls', status: 'fail', code: 'storage_unreachable' });
    }
  });

  it.each([['10.0.0.1'], ['169.254.169.254'], ['127.0.0.1'], ['fd00::1']])(
    'report a name that resolves to %s like a name that does not exist',
    async (address) => {
      const checks = await check(probeOf([address], undefined, ''), 'https://s3.example.com');
      expect(checks).toEqual(await check(nowhere, 'https://s3.example.com'));
      expect(checks).toMatchObject([{ name: 'dns', status: 'fail', code: 'storage_unreachable' }]);
    },
  );

  it('fail for a name without an address, with a hint about the region when no endpoint is set', async () => {
    const [typed] = await check(nowhere, 'https://s3.exmaple.com');
    expect(typed).toMatchObject({
      name: 'dns',
      status: 'fail',
      hint: expect.stringMatching(/^Check the endpoint\./),
    });
    const [amazon] = await check(nowhere, null, { region: 'us-esat-1' });
    expect(amazon).toMatchObject({
      name: 'dns',
      status: 'fail',
      message: expect.stringContaining('media.s3.us-esat-1.amazonaws.com'),
      hint: 'Check the region, which is part of the host name.',
    });
  });

  it('warn when the downloader does not answer, and fail when its last probe refused the host', async () => {
    const silent: Probe = () => Promise.reject(new Error('connect ECONNREFUSED 10.1.2.3'));
    const checks = await check(silent, 'https://s3.example.com');
    expect(checks).toMatchObject([{ name: 'address', status: 'warn' }]);
    expect(JSON.stringify(checks)).not.toContain('10.1.2.3');
    const known = {
      endpoints: { 's3.example.com:443': { verdict: 'storage_unreachable', checkedAt: 0 } },
    } as const;
    expect(await check(silent, 'https://s3.example.com', { known })).toMatchObject([
      { name: 'dns', status: 'fail', code: 'storage_unreachable' },
    ]);
  });
});
