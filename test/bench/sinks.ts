/** The storages that the benchmark imports into. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Api } from '../support/stack/api.ts';
import { startVersitygw, type TestS3Server } from '../support/s3-servers/versitygw.ts';
import { startNullS3 } from './null-s3.ts';

export interface S3Settings {
  endpoint: string;
  region: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
}

export interface Sink {
  name: string;
  /** Storage parameters of the import request. */
  request: { store?: boolean };
  /** Null for service storage. */
  settings: S3Settings | null;
  /** Saves the settings and returns which digest protects each part. */
  use(api: Api): Promise<string>;
  /** Removes the stored files. Gigabytes that wait for the disk would slow down the next sink. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

const nothing = (): Promise<void> => Promise.resolve();

async function expectOk(api: Api, method: string, path: string, body?: unknown) {
  const answer = await api.send(method, path, body);
  if (answer.status !== 200)
    throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body['data'];
}

/** Saves the settings. Test Connection finds out which digests the server verifies. */
async function useS3(api: Api, settings: S3Settings): Promise<string> {
  const { endpoint, region, bucket, accessKeyId, secretAccessKey } = settings;
  await expectOk(api, 'PUT', '/storage', { endpoint, region, bucket, accessKeyId, secretAccessKey });
  await expectOk(api, 'POST', '/storage/test');
  const { learned } = (await expectOk(api, 'GET', '/storage')) as { learned?: { checksCrc32?: boolean } };
  return learned?.checksCrc32 === true ? 'CRC-32' : 'SHA-256';
}

async function startNullSink(): Promise<Sink> {
  const server = await startNullS3();
  const use = (api: Api) => useS3(api, server);
  const stop = () => server.stop();
  return { name: 'null sink', request: { store: true }, settings: server, use, clear: nothing, stop };
}

function versitygwSink(server: TestS3Server): Sink {
  const folder = join(server.dataDirectory, server.bucket);
  return {
    name: 'versitygw',
    request: { store: true },
    settings: server,
    use: (api) => useS3(api, server),
    clear: async () => {
      for (const name of await readdir(folder)) {
        // Internal files of the server start with a dot.
        if (!name.startsWith('.')) await rm(join(folder, name), { recursive: true });
      }
    },
    stop: () => server.stop(),
  };
}

const LOCAL_R2: Sink = {
  name: 'local R2',
  request: {},
  settings: null,
  use: () => Promise.resolve('CRC-32'),
  clear: nothing,
  stop: nothing,
};

/** Returns the null sink, versitygw if it is available, and the local R2 of the service. */
export async function startSinks(): Promise<Sink[]> {
  const versitygw = await startVersitygw();
  if (versitygw === null) console.log('versitygw cannot be had here: left out.');
  return [await startNullSink(), ...(versitygw ? [versitygwSink(versitygw)] : []), LOCAL_R2];
}
