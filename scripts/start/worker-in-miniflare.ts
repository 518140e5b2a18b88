/** Runs the Worker with D1, R2 and Queue in Miniflare, configured by wrangler.toml like a deployment. */
import { join } from 'node:path';
import { Log, LogLevel, Miniflare, convertV4MiniflareOptions } from 'miniflare';
import { unstable_getMiniflareWorkerOptions as readWranglerToml } from 'wrangler';
import type { LookupAll } from '../../downloader/net/guarded-connect.ts';
import { bundleWorker } from './bundle-worker.ts';
import type { WorkerBindings } from './environment.ts';
import { prepareDatabase } from './first-key.ts';
import type { StartWorker, WorkerInput } from './local-worker.ts';
import { ROOT } from '../lib/paths.ts';
import { LOOPBACK } from '../lib/ports.ts';
import { isShown } from './log-filter.ts';
import { EGRESS_SERVICE, egressService } from './worker-egress.ts';

/** The path of Miniflare's S3 API for R2. It exposes only buckets with keys. */
const LOCAL_S3_PATH = '/cdn-cgi/local/r2/s3';

type Buckets = Record<
  string,
  { id: string; s3Credentials?: { accessKeyId: string; secretAccessKey: string } }
>;

/** Adds S3 keys to the buckets, but only if the configuration sends parts to this machine. */
function withLocalS3(buckets: Buckets, bindings: WorkerBindings): Buckets {
  const { R2_S3_ENDPOINT, R2_ACCESS_KEY_ID, R2_SECRET_ACCESS_KEY } = bindings;
  if (!R2_S3_ENDPOINT || !R2_ACCESS_KEY_ID || !R2_SECRET_ACCESS_KEY) return buckets;
  if (new URL(R2_S3_ENDPOINT).pathname !== LOCAL_S3_PATH) return buckets;
  const s3Credentials = { accessKeyId: R2_ACCESS_KEY_ID, secretAccessKey: R2_SECRET_ACCESS_KEY };
  return Object.fromEntries(
    Object.entries(buckets).map(([name, bucket]) => [name, { ...bucket, s3Credentials }]),
  );
}

async function describeWorker({ bindings, controlPort }: Pick<WorkerInput, 'bindings' | 'controlPort'>) {
  const { workerOptions, define } = readWranglerToml(join(ROOT, 'wrangler.toml'), undefined, {
    overrides: { enableContainers: false },
  });
  const contents = await bundleWorker(define);
  return {
    ...workerOptions,
    bindings: { ...(workerOptions.bindings as object), ...bindings, ...controlUrlAt(controlPort) },
    // Without the part of Miniflare that serves other paths beside those of the Worker.
    unsafeDirectSockets: controlPort === undefined ? [] : [{ host: LOOPBACK, port: controlPort }],
    // Nothing that the Worker sends has this header, so no service needs to remove it.
    stripCfConnectingIp: false,
    r2Buckets: withLocalS3(workerOptions.r2Buckets as Buckets, bindings),
    modules: [{ type: 'ESModule' as const, path: 'worker.js', contents }],
    outboundService: EGRESS_SERVICE,
  };
}

function controlUrlAt(port: number | undefined): WorkerBindings {
  return port === undefined ? {} : { CONTROL_URL: `http://${LOOPBACK}:${port}` };
}

function describeEgress({ EGRESS_ALLOW = '', DOWNLOADER_URL = '' }: WorkerBindings, lookup?: LookupAll) {
  const downloaderUrls = DOWNLOADER_URL.split(/[\s,]+/).filter((url) => url !== '');
  return egressService({ egressAllow: EGRESS_ALLOW, downloaderUrls, lookup });
}

/** Removes Miniflare's signal handlers, which would end the process before the downloader has handed its jobs back. */
function withoutSignalHandlers<T>(create: () => T): T {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const before = signals.map((signal) => new Set(process.listeners(signal)));
  const created = create();
  for (const [index, signal] of signals.entries()) {
    for (const listener of process.listeners(signal)) {
      if (!before[index]?.has(listener)) process.off(signal, listener);
    }
  }
  return created;
}

/** Miniflare is ready when this resolves. `lookup` resolves names for the Worker; default: as the system does. Its state is in `<stateDirectory>/v3`, the same path as for `wrangler dev --persist-to`. */
export async function startMiniflare(
  input: Omit<WorkerInput, 'knownKey'>,
  lookup?: LookupAll,
): Promise<Miniflare> {
  const options = convertV4MiniflareOptions({
    workers: [await describeWorker(input), describeEgress(input.bindings, lookup)],
    host: LOOPBACK,
    port: input.port,
    resourcePersistencePath: join(input.stateDirectory, 'v3'),
    // Serves /cdn-cgi/local/scheduled, which runs a sweep on demand.
    unsafeTriggerHandlers: true,
    unsafeHandleRuntimeRestart: input.onChange,
    // Otherwise Miniflare fetches the location of this machine from the network.
    cf: false,
    telemetry: { enabled: false },
    log: new Log(LogLevel.ERROR),
    logRequests: false,
    handleStructuredLogs: ({ message }) => {
      if (input.logsAll || isShown(message)) console.log(message);
    },
  });
  const miniflare = withoutSignalHandlers(() => new Miniflare(options));
  await miniflare.ready;
  input.onChange();
  return miniflare;
}

export const startInMiniflare: StartWorker = async (input) => {
  const miniflare = await startMiniflare(input);
  try {
    const sweep = async (): Promise<void> => {
      await (await miniflare.getWorker()).scheduled({ cron: '* * * * *' });
    };
    const prepared = await prepareDatabase(miniflare, input.knownKey);
    return { worker: { sweep, stop: () => miniflare.dispose() }, ...prepared };
  } catch (error) {
    await miniflare.dispose();
    throw error;
  }
};
