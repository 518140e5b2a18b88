/** Where the bench imports into. */
import type { Api } from '../support/api.ts';
import { startVersitygw } from '../support/versitygw.ts';
import { startNullS3 } from './null-s3.ts';

export interface Sink {
  name: string;
  /** Of an import into it. */
  request: { store?: boolean };
  /** Points the service at it. */
  use(api: Api): Promise<void>;
  stop(): Promise<void>;
}

interface S3Settings {
  endpoint: string;
  region: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
}

async function useS3(api: Api, settings: S3Settings): Promise<void> {
  const { endpoint, region, bucket, accessKeyId, secretAccessKey } = settings;
  const { status, body } = await api.send('PUT', '/storage', {
    endpoint,
    region,
    bucket,
    accessKeyId,
    secretAccessKey,
  });
  if (status !== 200) throw new Error(`PUT /storage answered ${status}: ${JSON.stringify(body)}`);
}

/** Null sink, versitygw (left out when it cannot be had) and the local R2 of the service. */
export async function startSinks(): Promise<Sink[]> {
  const nullS3 = await startNullS3();
  const versitygw = await startVersitygw();
  const sinks: Sink[] = [
    {
      name: 'null sink',
      request: { store: true },
      use: (api) => useS3(api, nullS3),
      stop: () => nullS3.stop(),
    },
  ];
  if (versitygw === null) console.log('versitygw cannot be had here: left out.');
  else
    sinks.push({
      name: 'versitygw',
      request: { store: true },
      use: (api) => useS3(api, versitygw),
      stop: () => versitygw.stop(),
    });
  sinks.push({ name: 'local R2', request: {}, use: () => Promise.resolve(), stop: () => Promise.resolve() });
  return sinks;
}
