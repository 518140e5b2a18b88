/**
 * Starts and controls stand-ins over HTTP on loopback, for tests in workerd. A global setup starts it once, and tests use
 * it through `startRemoteStrictS3()`. It has no authentication.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Bucket } from './bucket.ts';
import type { Fault } from './faults.ts';
import { readBody } from './requests/framing.ts';
import type { RemoteBucket, RemoteOptions, RemoteState } from './remote.ts';
import { sha256Hex } from './signing/sigv4.ts';
import { startStrictS3, type StrictS3 } from './strict-s3.ts';

type Servers = Map<string, StrictS3>;

function describeBucket(bucket: Bucket): RemoteBucket {
  const objects = [...bucket.objects].map(([key, { body, etag, headers }]) => {
    return {
      key,
      sizeBytes: body.length,
      sha256: sha256Hex(body),
      etag,
      headers: Object.fromEntries(headers),
    };
  });
  return { objects, uploadIds: [...bucket.uploads.keys()] };
}

function describeState(server: StrictS3): RemoteState {
  const buckets = [...server.buckets.values()].map(
    (bucket) => [bucket.name, describeBucket(bucket)] as const,
  );
  const { requests, faults } = server;
  return { requests, pendingFaults: faults.pending.length, buckets: Object.fromEntries(buckets) };
}

async function start(servers: Servers, options: RemoteOptions) {
  const server = await startStrictS3(options);
  const id = randomUUID();
  servers.set(id, server);
  const { name, endpoint, region, bucket } = server;
  return { id, name, endpoint, region, bucket };
}

async function stop(servers: Servers, id: string) {
  await servers.get(id)?.stop();
  servers.delete(id);
  return {};
}

/** The answer as JSON; null for an unknown request. */
async function steer(servers: Servers, message: IncomingMessage): Promise<unknown> {
  const [, , id = '', part = ''] = (message.url ?? '').split('/');
  const text = (await readBody(message)).toString('utf8');
  const server = servers.get(id);
  const action = [message.method, id === '' ? 'servers' : part === '' ? 'server' : part].join(' ');
  if (action === 'POST servers') return start(servers, JSON.parse(text) as RemoteOptions);
  if (!server) return null;
  if (action === 'GET server') return describeState(server);
  if (action === 'DELETE server') return stop(servers, id);
  if (action === 'POST faults') server.faults.add(JSON.parse(text) as Fault);
  else if (action === 'DELETE faults') server.faults.clear();
  else return null;
  return {};
}

/** Starts the control on a free port of 127.0.0.1; `stop` also stops every stand-in that it started. */
export async function startStrictS3Control(): Promise<{ url: string; stop: () => Promise<void> }> {
  const servers: Servers = new Map();
  const control = createServer((message, response) => {
    void steer(servers, message).then(
      (answer) => response.writeHead(answer === null ? 404 : 200).end(JSON.stringify(answer)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  control.listen(0, '127.0.0.1');
  await once(control, 'listening');
  const stopAll = async () => {
    control.close();
    control.closeAllConnections();
    await Promise.all([once(control, 'close'), ...[...servers.keys()].map(async (id) => stop(servers, id))]);
  };
  return { url: `http://127.0.0.1:${(control.address() as AddressInfo).port}`, stop: stopAll };
}
