import { tmpdir } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { runChild, type ChildResult } from '../../../downloader/process/run-child.ts';
import { mediaTools } from '../../support/media-tools.ts';
import { makeWav } from '../../support/wav.ts';
import { makeCertificate } from './certificate.ts';
import { endProxies, proxyFor } from './proxy-client.ts';
import { recordTcp, serveHttp, serveHttps } from './servers.ts';

afterEach(endProxies);
const { python, ffmpeg } = await mediaTools();
const wav = makeWav(200_000);

const READ_URL = [
  'import sys, ssl, urllib.request',
  'sys.stdout.write(str(len(urllib.request.urlopen(sys.argv[1], context=ssl._create_unverified_context()).read())))',
].join('\n');
const PROGRAMS = [
  { name: 'urllib', command: python, args: (url: string) => ['-I', '-c', READ_URL, url], refused: /470|403/ },
  {
    name: 'ffmpeg',
    command: ffmpeg,
    args: (url: string) => [
      '-v',
      'error',
      // The site's certificate is its own; ffmpeg knows the option for https alone.
      ...(url.startsWith('https:') ? ['-tls_verify', '0'] : []),
      '-i',
      url,
      '-c',
      'copy',
      '-f',
      'null',
      '-',
    ],
    refused: /4XX|403/,
  },
];

/** Runs a program that knows the proxy by its environment alone. */
function runBehind(proxyUrl: string, command: string, args: string[]): Promise<ChildResult> {
  return runChild({
    command,
    args,
    cwd: tmpdir(),
    confinement: null,
    env: { http_proxy: proxyUrl, https_proxy: proxyUrl },
    signal: new AbortController().signal,
    maxStderrBytes: 4096,
    timeoutMs: 20_000,
  });
}

/** A site over http and https: a file, and a redirect to a forbidden address. */
async function serveSite(secretPort: number): Promise<{ http: string; https: string; seen: string[] }> {
  const seen: string[] = [];
  const answer: Parameters<typeof serveHttp>[0] = (request, response) => {
    seen.push(request.url ?? '');
    if (request.url === '/away')
      response.writeHead(302, { location: `http://127.0.0.1:${secretPort}/x` }).end();
    else response.writeHead(200, { 'content-type': 'audio/wav', 'content-length': wav.byteLength }).end(wav);
  };
  const ports = [await serveHttp(answer), await serveHttps(makeCertificate(['site.example.com']), answer)];
  return { http: `http://127.0.0.1:${ports[0]}`, https: `https://127.0.0.1:${ports[1]}`, seen };
}

describe.each(PROGRAMS)('$name behind the proxy', ({ command, args, refused }) => {
  it.skipIf(!command)('reads by http and by https', async () => {
    const site = await serveSite(1);
    let counted = 0;
    const proxy = await proxyFor('127.0.0.1', { onBytes: (bytes) => (counted += bytes) });
    for (const origin of [site.http, site.https]) {
      expect(await runBehind(proxy.url, command ?? '', args(`${origin}/a.wav`))).toMatchObject({
        exitCode: 0,
      });
    }
    expect(site.seen).toStrictEqual(['/a.wav', '/a.wav']);
    expect(counted).toBeGreaterThan(2 * wav.byteLength);
  });

  it.skipIf(!command)('reaches no refused address: by http, by https, or by a redirect', async () => {
    const secret = await recordTcp();
    const site = await serveSite(secret.port);
    const sitePorts = [site.http, site.https].map((origin) => `127.0.0.1:${new URL(origin).port}`);
    const proxy = await proxyFor(sitePorts.join(','));
    const urls = [
      `http://127.0.0.1:${secret.port}/x`,
      `https://127.0.0.1:${secret.port}/x`,
      `${site.http}/away`,
    ];
    for (const url of urls) {
      const { exitCode, stderr } = await runBehind(proxy.url, command ?? '', args(url));
      expect(exitCode).not.toBe(0);
      expect(stderr).toMatch(refused);
    }
    expect(secret.connections).toBe(0);
    expect(proxy.refusals).toStrictEqual(Array.from({ length: 3 }, () => '127.0.0.1: loopback address'));
  });
});
