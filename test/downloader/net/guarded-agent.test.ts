import type { LookupAddress } from 'node:dns';
import { constants } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttps } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import {
  openGuardedSocket,
  whenConnected,
  type Guard,
  type LookupAll,
} from '../../../downloader/net/guarded-connect.ts';
import { parseEgressAllow } from '../../../worker/contract/address-policy.ts';
import { mapNetworkError } from '../../../downloader/net/network-error.ts';
import { makeCertificate, type Certificate } from './certificate.ts';
import { agentFor, answerOf, endNetwork, failureOf, get, resolvesTo } from './network.ts';
import { listen, recordTcp, serveHttp, serveHttps } from './servers.ts';

afterEach(endNetwork);

describe('a refused address', () => {
  it.each([
    'http://127.0.0.1:PORT/',
    'https://127.0.0.1:PORT/',
    'http://2130706433:PORT/',
    'http://0x7f.1:PORT/',
    'http://0:PORT/',
    'http://[::ffff:127.0.0.1]:PORT/',
    'https://[::ffff:7f00:1]:PORT/',
    'http://localhost:PORT/',
    'https://foo.localhost:PORT/',
    'http://①②⑦.⓪.⓪.①:PORT/',
  ])('%s gets no connection', async (url) => {
    const server = await recordTcp();
    const failure = await failureOf(get(agentFor(''), url.replace('PORT', String(server.port))));
    expect(failure.code).toBe('source_address_forbidden');
    expect(server.connections).toBe(0);
  });

  it.each(['http', 'https'])('behind a public name gets no connection by %s', async (scheme) => {
    const server = await recordTcp();
    const agent = agentFor('', { lookup: resolvesTo(['127.0.0.1', '::1']) });
    expect(await failureOf(get(agent, `${scheme}://public.example.com:${server.port}/`))).toStrictEqual({
      code: 'source_unreachable',
      detail: 'public.example.com: no public address',
    });
    expect(server.connections).toBe(0);
  });

  it('depends on the purpose', async () => {
    const agent = agentFor('source:127.0.0.1', { purpose: 'storage' });
    await expect(get(agent, 'http://127.0.0.1:9000/')).rejects.toMatchObject({
      failure: { code: 'storage_address_forbidden', detail: '127.0.0.1: loopback address' },
    });
  });

  it('is refused at the next connection when a name changes to it', async () => {
    const [allowed, secret] = [
      await serveHttp((_request, response) => response.end('ok')),
      await recordTcp(),
    ];
    const agent = agentFor(`127.0.0.1:${allowed}`, { lookup: resolvesTo(['127.0.0.1'], ['127.0.0.1']) });
    expect(await get(agent, `http://moving.example.com:${allowed}/`)).toBe('ok');
    const failure = await failureOf(get(agent, `http://moving.example.com:${secret.port}/`));
    expect(failure.code).toBe('source_unreachable');
    expect(secret.connections).toBe(0);
  });

  it('is refused as the target of a redirect', async () => {
    const secret = await recordTcp();
    const port = await serveHttp((_request, response) => {
      response.writeHead(302, { location: `http://127.0.0.1:${secret.port}/` }).end();
    });
    const agent = agentFor(`127.0.0.1:${port}`);
    const { head } = await answerOf(agent, `http://127.0.0.1:${port}/`);
    expect(head.status).toBe(302);
    expect((await failureOf(get(agent, String(head.headers.get('location'))))).code).toBe(
      'source_address_forbidden',
    );
    expect(secret.connections).toBe(0);
  });

  it('is left out when the name has allowed addresses as well', async () => {
    const port = await serveHttp((request, response) => response.end(request.socket.localAddress));
    const agent = agentFor('127.0.0.1/32', { lookup: resolvesTo(['127.0.0.2', '10.0.0.1', '127.0.0.1']) });
    expect(await get(agent, `http://mixed.example.com:${port}/`)).toBe('127.0.0.1');
  });

  it.each(['http', 'https'])('gets no byte over %s when only the socket shows it', async (scheme) => {
    const server = await recordTcp();
    // Public when the guard looks at it, on loopback when the socket does.
    let looks = 0;
    const liar: LookupAddress = {
      family: 4,
      get address() {
        looks += 1;
        return looks === 1 ? '8.8.8.8' : '127.0.0.1';
      },
    };
    const lookup: LookupAll = (_host, _options, callback) => process.nextTick(callback, null, [liar]);
    const agent = agentFor('', { lookup });
    const failure = await failureOf(get(agent, `${scheme}://rebound.example.com:${server.port}/`));
    await server.ended;
    expect(failure).toStrictEqual({
      code: 'source_address_forbidden',
      detail: 'rebound.example.com: loopback address',
    });
    expect(server.connections).toBe(1);
    expect(server.bytes.byteLength).toBe(0);
  });
});

describe('an allowed address', () => {
  it('is reached by http, by address and by a name of the operator', async () => {
    const port = await serveHttp((_request, response) => response.end('hello'));
    expect(await get(agentFor(`127.0.0.1:${port}`), `http://127.0.0.1:${port}/`)).toBe('hello');
    const named = agentFor('source:media.lan', { lookup: resolvesTo(['127.0.0.1']) });
    expect(await get(named, `http://media.lan:${port}/`)).toBe('hello');
  });

  it('is reached by https under a name with a valid certificate', async () => {
    const certificate = makeCertificate(['media.example.com']);
    const port = await serveHttps(certificate, (_request, response) => response.end('secret'));
    const agent = agentFor('127.0.0.1', { lookup: resolvesTo(['127.0.0.1']), ca: certificate.cert });
    expect(await get(agent, `https://media.example.com:${port}/`)).toBe('secret');
    expect(await get(agent, `https://media.example.com.:${port}/`)).toBe('secret');
    expect(await failureOf(get(agent, `https://other.example.com:${port}/`))).toStrictEqual({
      code: 'source_tls_failed',
      detail: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
  });
});

describe('a TLS session', () => {
  const serveReuse = (certificate: Certificate) =>
    serveHttps(certificate, (request, response) =>
      response.end(String((request.socket as TLSSocket).isSessionReused())),
    );
  const trusting = (ca: string) => agentFor('127.0.0.1', { lookup: resolvesTo(['127.0.0.1']), ca });

  it('is continued by the agents of later jobs', async () => {
    const certificate = makeCertificate(['media.example.com']);
    const port = await serveReuse(certificate);
    const url = `https://media.example.com:${port}/`;
    expect(await get(trusting(certificate.cert), url)).toBe('false');
    expect(await get(trusting(certificate.cert), url)).toBe('true');
  });

  it('is verified again by an agent that trusts others', async () => {
    const certificate = makeCertificate(['media.example.com']);
    const url = `https://media.example.com:${await serveReuse(certificate)}/`;
    await get(trusting(certificate.cert), url);
    const failed = failureOf(get(trusting(makeCertificate(['another.example.com']).cert), url));
    expect(await failed).toMatchObject({ code: 'source_tls_failed' });
  });

  it('that the server cannot continue is given up', async () => {
    const certificate = makeCertificate(['media.example.com']);
    const options = {
      ...certificate,
      maxVersion: 'TLSv1.2',
      secureOptions: constants.SSL_OP_NO_TICKET,
    } as const;
    const server = createHttps(options, (_, response) => response.end('new'));
    const known = new Set<string>();
    server.on('newSession', (id: Buffer, _session: Buffer, done: () => void) => {
      known.add(id.toString('hex'));
      done();
    });
    server.on('resumeSession', (id: Buffer, done: (error: Error | null, session: null) => void) =>
      done(known.has(id.toString('hex')) ? new Error('lost') : null, null),
    );
    const url = `https://media.example.com:${await listen(server)}/`;
    expect(await get(trusting(certificate.cert), url)).toBe('new');
    expect(await failureOf(get(trusting(certificate.cert), url))).toMatchObject({
      code: 'source_unreachable',
    });
    expect(await get(trusting(certificate.cert), url)).toBe('new');
  });

  it('that nobody has verified is not continued', async () => {
    const certificate = makeCertificate(['media.example.com']);
    const port = await serveReuse(certificate);
    const other = makeCertificate(['another.example.com']).cert;
    const guard: Guard = { allow: parseEgressAllow('127.0.0.1'), purpose: 'source', ca: other };
    const options = { host: '127.0.0.1', port, tls: { rejectUnauthorized: false } };
    const socket = openGuardedSocket(guard, options) as TLSSocket;
    await once(socket, 'session');
    socket.destroy();
    const failed = failureOf(get(trusting(other), `https://127.0.0.1:${port}/`));
    expect(await failed).toMatchObject({ code: 'source_tls_failed' });
  });
});

describe('waiting for a connection', () => {
  const neverResolves: LookupAll = () => undefined;

  it('ends at its timeout', async () => {
    const socket = openGuardedSocket(
      { allow: [], purpose: 'source', lookup: neverResolves },
      { host: 'slow.example.com', port: 80, tls: null },
    );
    const error = await new Promise((resolve) => whenConnected(socket, 20, resolve));
    expect(mapNetworkError(error, 'source').failure).toStrictEqual({
      code: 'source_timeout',
      detail: 'UND_ERR_CONNECT_TIMEOUT',
    });
    expect(socket.destroyed).toBe(true);
  });

  it('is called back when the socket is destroyed without an error', async () => {
    const socket = openGuardedSocket(
      { allow: [], purpose: 'source', lookup: neverResolves },
      { host: 'slow.example.com', port: 443, tls: {} },
    );
    const called = new Promise<Error | null>((resolve) => whenConnected(socket, 60_000, resolve));
    socket.destroy();
    expect(await called).toBeInstanceOf(Error);
  });

  it.each(['http', 'https'])('ends with the agent by %s', async (scheme) => {
    const agent = agentFor('', { lookup: neverResolves });
    const waiting = get(agent, `${scheme}://slow.example.com/`).catch((error: unknown) => error);
    agent.destroy();
    expect(await waiting).toMatchObject({ code: expect.stringMatching(/^UND_ERR_/) as string });
  });
});
