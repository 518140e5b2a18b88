/** The stand-in as seen over HTTP, for tests that run where no server can be started (workerd). Imports nothing of Node. */
import type { Fault } from './faults.ts';
import type { StrictS3Options } from './options.ts';
import type { RequestRecord } from './requests/request-record.ts';

/** Everything that can be said in JSON. */
export type RemoteOptions = Omit<StrictS3Options, 'now' | 'tls'>;

export type RemoteObject = {
  key: string;
  sizeBytes: number;
  sha256: string;
  etag: string;
  headers: Record<string, string>;
};

/** One bucket: its objects, and the ids of uploads that are neither completed nor aborted. */
export type RemoteBucket = { objects: RemoteObject[]; uploadIds: string[] };

export type RemoteState = {
  requests: RequestRecord[];
  pendingFaults: number;
  buckets: Record<string, RemoteBucket>;
};

export type RemoteStrictS3 = {
  name: string;
  endpoint: string;
  region: string;
  bucket: string;
  /** `times` must be finite here: JSON knows no infinity. */
  addFault: (fault: Fault) => Promise<void>;
  clearFaults: () => Promise<void>;
  read: () => Promise<RemoteState>;
  stop: () => Promise<void>;
};

async function call(method: string, url: string, body?: unknown): Promise<Response> {
  const response = await fetch(url, { method, body: body === undefined ? null : JSON.stringify(body) });
  if (!response.ok)
    throw new Error(`The stand-in's control answered ${response.status}: ${await response.text()}`);
  return response;
}

/** Starts a stand-in through `startStrictS3Control()` at `controlUrl`. */
export async function startRemoteStrictS3(
  controlUrl: string,
  options: RemoteOptions = {},
): Promise<RemoteStrictS3> {
  const started = await call('POST', `${controlUrl}/servers`, options);
  const { id, ...described } = (await started.json()) as { id: string } & Pick<
    RemoteStrictS3,
    'name' | 'endpoint' | 'region' | 'bucket'
  >;
  const base = `${controlUrl}/servers/${id}`;
  const send = async (method: string, url: string, body?: unknown) => {
    const response = await call(method, url, body);
    await response.body?.cancel();
  };
  return {
    ...described,
    addFault: async (fault) => send('POST', `${base}/faults`, fault),
    clearFaults: async () => send('DELETE', `${base}/faults`),
    read: async () => (await (await call('GET', base)).json()) as RemoteState,
    stop: async () => send('DELETE', base),
  };
}
