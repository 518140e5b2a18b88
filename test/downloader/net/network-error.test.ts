import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { JobFailure } from '../../../downloader/job-failure.ts';
import type { LookupAll } from '../../../downloader/net/guarded-connect.ts';
import { mapNetworkError } from '../../../downloader/net/network-error.ts';
import { makeCertificate } from './certificate.ts';
import { agentFor, answerOf, endNetwork, failureOf, get, resolvesTo } from './network.ts';
import { closeServers, listen, recordTcp, serveHttp, serveHttps } from './servers.ts';

afterEach(endNetwork);

describe('failures of connections', () => {
  it.each([
    ['an unknown issuer', makeCertificate(['media.example.com']), 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['an expired certificate', makeCertificate(['media.example.com'], -1), 'CERT_HAS_EXPIRED'],
  ])('%s is source_tls_failed', async (name, certificate, detail) => {
    const trusted = name === 'an unknown issuer' ? {} : { ca: certificate.cert };
    const port = await serveHttps(certificate, (_request, response) => response.end());
    const agent = agentFor('127.0.0.1', { lookup: resolvesTo(['127.0.0.1']), ...trusted });
    expect(await failureOf(get(agent, `https://media.example.com:${port}/`))).toStrictEqual({
      code: 'source_tls_failed',
      detail,
    });
  });

  it('no TLS on an https port is source_tls_failed', async () => {
    const port = await serveHttp((_request, response) => response.end());
    expect((await failureOf(get(agentFor('127.0.0.1'), `https://127.0.0.1:${port}/`))).code).toBe(
      'source_tls_failed',
    );
  });

  it('a closed port is unreachable, for storage as well', async () => {
    const port = await serveHttp(() => undefined);
    await closeServers();
    const error = await get(agentFor('127.0.0.1'), `http://127.0.0.1:${port}/`).catch(
      (error: unknown) => error,
    );
    expect(mapNetworkError(error, 'source').failure).toStrictEqual({
      code: 'source_unreachable',
      detail: 'ECONNREFUSED',
    });
    expect(mapNetworkError(error, 'storage').failure).toStrictEqual({
      code: 'storage_unreachable',
      detail: 'ECONNREFUSED',
    });
  });

  it('a closed port on every address of a name is unreachable', async () => {
    const port = await serveHttp(() => undefined);
    await closeServers();
    const agent = agentFor('127.0.0.0/8', { lookup: resolvesTo(['127.0.0.1', '127.0.0.2']) });
    expect(await failureOf(get(agent, `http://twice.example.com:${port}/`))).toStrictEqual({
      code: 'source_unreachable',
      detail: 'ECONNREFUSED',
    });
  });

  it('a name that does not exist is unreachable', async () => {
    const lookup: LookupAll = (_host, _options, callback) =>
      process.nextTick(
        callback,
        Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }),
        [],
      );
    expect(await failureOf(get(agentFor('', { lookup }), 'http://nowhere.example.com/'))).toStrictEqual({
      code: 'source_unreachable',
      detail: 'nowhere.example.com: no public address',
    });
  });

  it('a name without addresses is unreachable', async () => {
    const failure = await failureOf(
      get(agentFor('', { lookup: resolvesTo([]) }), 'http://empty.example.com/'),
    );
    expect(failure).toStrictEqual({
      code: 'source_unreachable',
      detail: 'empty.example.com: no public address',
    });
  });

  it('an answer that is not HTTP and a dropped connection are unreachable', async () => {
    const garbage = await listen(createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n')));
    expect(await failureOf(get(agentFor('127.0.0.1'), `http://127.0.0.1:${garbage}/`))).toStrictEqual({
      code: 'source_unreachable',
      detail: 'not an HTTP answer',
    });
    const dropping = await listen(createServer((socket) => socket.once('data', () => socket.destroy())));
    expect((await failureOf(get(agentFor('127.0.0.1'), `http://127.0.0.1:${dropping}/`))).code).toBe(
      'source_unreachable',
    );
  });

  it('a head that never comes is a timeout, a body that stops is a stall', async () => {
    const silent = await recordTcp();
    const agent = agentFor('127.0.0.1');
    const waiting = answerOf(agent, `http://127.0.0.1:${silent.port}/`, { headersTimeoutMs: 20 });
    expect(await failureOf(waiting)).toStrictEqual({
      code: 'source_timeout',
      detail: 'UND_ERR_HEADERS_TIMEOUT',
    });
    const stalling = await serveHttp((_request, response) => {
      response.writeHead(200, { 'content-length': '10' });
      response.write('12345');
    });
    const stalled = answerOf(agent, `http://127.0.0.1:${stalling}/`, { idleTimeoutMs: 20 });
    expect(await failureOf(stalled)).toStrictEqual({
      code: 'source_stalled',
      detail: 'UND_ERR_BODY_TIMEOUT',
    });
  });

  it('an error that does not come from the network is thrown again', () => {
    expect(() => mapNetworkError(new TypeError('undefined is not a function'), 'source')).toThrow(TypeError);
    expect(() => mapNetworkError('text', 'source')).toThrow('text');
  });

  it('a failure inside other errors is found', () => {
    const inner = new JobFailure('source_address_forbidden', 'x');
    expect(mapNetworkError(new TypeError('fetch failed', { cause: inner }), 'source')).toBe(inner);
  });
});
