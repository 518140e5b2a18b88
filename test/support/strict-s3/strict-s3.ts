/**
 * A strict stand-in for S3 providers, for tests only. It runs in memory on loopback and checks every signature with its
 * own code. Unlike real servers, it plays the differences between providers, and faults. It proves nothing about a
 * provider beyond the sources that its profiles name.
 */
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { ADMIN, PUT_ONLY, type Account } from './signing/account.ts';
import type { Service } from './requests/admit.ts';
import { makeBucket, type Bucket, type StoredObject } from './bucket.ts';
import { FaultQueue } from './faults.ts';
import { answerRequest, type Running } from './handle.ts';
import type { StrictS3Options } from './options.ts';
import { PROFILES } from './profiles/profiles.ts';
import type { RequestRecord } from './requests/request-record.ts';

export type StrictS3 = {
  /** For test names and reports. */
  name: string;
  /** Base URL on 127.0.0.1, path-style, without a slash at its end. */
  endpoint: string;
  region: string;
  /** The default bucket's name, and its objects by key. */
  bucket: string;
  objects: Map<string, StoredObject>;
  buckets: ReadonlyMap<string, Bucket>;
  accounts: readonly Account[];
  /** In order of arrival, without secrets. */
  requests: RequestRecord[];
  faults: FaultQueue;
  /** Cuts every connection. */
  stop: () => Promise<void>;
};

function makeService(options: StrictS3Options, endpoint: string): Service {
  const profile = PROFILES[options.profile ?? 'aws'];
  const region = options.region ?? profile.defaultRegion;
  const buckets = (options.buckets ?? [{ name: 'test-bucket' }]).map((bucket) => makeBucket(bucket, region));
  return {
    profile,
    wrongRegion: options.wrongRegion ?? profile.wrongRegion,
    region,
    endpoint,
    accounts: options.accounts ?? [ADMIN, PUT_ONLY],
    buckets: new Map(buckets.map((bucket) => [bucket.name, bucket])),
    virtualHostBase: options.virtualHostBase ?? 's3.localhost',
  };
}

/** Starts one on a free port of 127.0.0.1. */
export async function startStrictS3(options: StrictS3Options = {}): Promise<StrictS3> {
  const server = options.tls ? createHttpsServer(options.tls) : createHttpServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const service = makeService(options, `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`);
  const [bucket] = service.buckets.values();
  if (!bucket) throw new Error('A stand-in needs a bucket.');
  const running: Running = { service, requests: [], faults: new FaultQueue(), now: options.now ?? Date.now };
  server.on('request', (message: IncomingMessage, response: ServerResponse) =>
    answerRequest(running, message, response),
  );
  const stop = async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  return {
    name: `strict S3 stand-in (${service.profile.name})`,
    endpoint: service.endpoint,
    region: service.region,
    bucket: bucket.name,
    objects: bucket.objects,
    buckets: service.buckets,
    accounts: service.accounts,
    requests: running.requests,
    faults: running.faults,
    stop,
  };
}
