/** The whole system of a chaos run, with a proxy in front of each part, so that requests between two parts can be stopped. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleDownloader } from '../../scripts/build/bundle-downloader.ts';
import { freePort } from '../../scripts/lib/ports.ts';
import { loadSecrets } from '../../scripts/lib/secrets.ts';
import { prepareTools } from '../../scripts/tools/prepare-tools.ts';
import { randomApiKey } from '../../worker/auth/keys/api-key.ts';
import { Random } from '../fuzz/random.ts';
import { startLossyProxy, type LossyProxy } from '../support/lossy-proxy.ts';
import { startVersitygw, type StartedVersitygw } from '../support/s3-servers/versitygw.ts';
import { insertWorkspace } from '../support/stack/insert-workspace.ts';
import { d1 } from '../support/stack/local-state.ts';
import { startStack, type Stack } from '../support/stack/stack.ts';
import { connectPatiently, type PatientApi } from './patient-api.ts';
import { startDownloader, type KillableDownloader } from './downloader.ts';
import type { Border } from './kill-points.ts';
import { WORKSPACES } from './plan.ts';
import { startMoodyReceiver, type MoodyReceiver } from './receiver.ts';
import { startSites, type Sites } from './sites.ts';

export interface ChaosWorkspace {
  id: string;
  api: PatientApi;
  /** The URL for requests that name a webhook of their own. */
  callbackUrl: string;
  /** Paths of the receiver: of the endpoint, and of that URL. */
  endpointPath: string;
  callbackPath: string;
}

export interface World {
  stateDirectory: string;
  /** Replaced when everything was killed. */
  stack: Stack;
  restartStack(): Promise<void>;
  /** Whether the start script prepares the database: then nobody else may hold its lock. */
  isStarting: boolean;
  downloaders: KillableDownloader[];
  storage: StartedVersitygw;
  receiver: MoodyReceiver;
  sites: Sites;
  /** In front of the downloaders in their order, and of the other parts. */
  proxies: Record<Border, LossyProxy[]>;
  workspaces: ChaosWorkspace[];
}

const DOWNLOADERS = 2;
/** Bytes that cost nothing: some imports of each workspace are free, and others are paid. */
const FREE_BYTES = 5_000_000;
const CREDIT_MICRODOLLARS = 100_000_000;

/** The configuration of both services. */
const ENV = {
  EGRESS_ALLOW: '127.0.0.1',
  JOBS_PER_SLOT: '6',
  DOWNLOADER_SLOTS: String(DOWNLOADERS),
  BILLING: 'on',
  FREE_BYTES: String(FREE_BYTES),
};

/** Throws when a program that it needs is not available. */
export async function startWorld(seed: number): Promise<World> {
  const stateDirectory = await mkdtemp(join(tmpdir(), 'importly-chaos-'));
  const tools = await prepareTools(process.env, () => undefined);
  const ffmpeg = tools['FFMPEG'];
  const storage = await startVersitygw();
  if (!storage || !ffmpeg || !tools['YTDLP_DIR']) throw new Error('It needs versitygw, yt-dlp and ffmpeg.');
  const main = await bundleDownloader(join(stateDirectory, 'downloader'));
  const secrets = loadSecrets(stateDirectory);
  const slots = Array.from({ length: DOWNLOADERS }, (_, index) => `slot-${index}`);
  const downloaders = await Promise.all(
    slots.map((slot) => startDownloader({ slot, stateDirectory, main, secrets, tools, env: ENV })),
  );
  const receiver = await startMoodyReceiver(new Random(seed, 'receiver'));
  const port = await freePort();
  const proxies = {
    worker: [await proxyTo(`http://127.0.0.1:${port}`)],
    downloader: await Promise.all(downloaders.map(({ url }) => proxyTo(url))),
    storage: [await proxyTo(storage.endpoint)],
    webhooks: [await proxyTo(receiver.origin)],
  };
  const env = {
    ...ENV,
    PUBLIC_URL: proxies.worker[0]!.url,
    DOWNLOADER_URL: proxies.downloader.map(({ url }) => url).join(','),
  };
  const start = () => startStack({ stateDirectory, port, env });
  const parts = { stateDirectory, downloaders, storage, receiver, proxies, sites: await startSites(ffmpeg) };
  const world: World = {
    ...parts,
    stack: await start(),
    workspaces: [],
    isStarting: false,
    restartStack: async () => {
      world.isStarting = true;
      try {
        world.stack = await start();
      } finally {
        world.isStarting = false;
      }
    },
  };
  for (let index = 0; index < WORKSPACES; index += 1)
    world.workspaces.push(await makeWorkspace(world, index));
  return world;
}

async function proxyTo(target: string): Promise<LossyProxy> {
  const proxy = await startLossyProxy();
  proxy.forwardTo(target);
  return proxy;
}

/** A workspace with credit, three destinations, of which one refuses everything at first, and a webhook endpoint. */
async function makeWorkspace(world: World, index: number): Promise<ChaosWorkspace> {
  const { stateDirectory, receiver, proxies } = world;
  const id = randomUUID();
  const apiKey = randomApiKey();
  await insertWorkspace(stateDirectory, { id, apiKey, maxConcurrent: 8 });
  const credit = 'INSERT INTO credits (id, workspace_id, microdollars, created_at) VALUES (?, ?, ?, ?)';
  d1(stateDirectory, credit, randomUUID(), id, CREDIT_MICRODOLLARS, Date.now());
  const api = await connectPatiently(proxies.worker[0]!.url, apiKey);
  const origin = proxies.webhooks[0]!.url;
  const [endpointPath, callbackPath] = [`/endpoint-${index}`, `/callback-${index}`] as const;
  for (const [name, over] of Object.entries(DESTINATIONS)) {
    await api.call('PUT', `/storage/destinations/${name}`, destination(world, `w${index}/${name}`, over));
  }
  const events = EVENTS;
  const endpoint = await api.call('POST', '/webhooks', { url: `${origin}${endpointPath}`, events });
  receiver.expect(endpointPath, String(endpoint['secret']));
  const requests = await api.call('POST', '/webhooks/requests/rotate-secret');
  receiver.expect(callbackPath, String(requests['secret']));
  return { id, api, callbackUrl: `${origin}${callbackPath}`, endpointPath, callbackPath };
}

const WRONG = { secretAccessKey: 'wrong/secret' };
const DESTINATIONS: Record<string, Record<string, unknown>> = {
  main: { isDefault: true },
  second: {},
  refusing: WRONG,
  'without-fallback': { ...WRONG, fallback: 'none' },
};

/** Everything that is announced, except progress, which is sent once and may be lost. */
const EVENTS = [
  ['import', 'store', 'metadata', 'basic-metadata'].flatMap((kind) =>
    ['completed', 'failed', 'canceled'].map((end) => `${kind}.${end}`),
  ),
  ['import.stored', 'batch.completed'],
].flat();

function destination(
  { storage, proxies }: World,
  defaultPathPrefix: string,
  over: Record<string, unknown> = {},
) {
  const { region, bucket, accessKeyId, secretAccessKey } = storage;
  const endpoint = proxies.storage[0]!.url;
  return { endpoint, region, bucket, accessKeyId, secretAccessKey, defaultPathPrefix, ...over };
}

/** Gives the destination that refused everything its right keys. */
export async function repairDestinations(world: World): Promise<void> {
  for (const [index, { api }] of world.workspaces.entries())
    await api.call('PUT', '/storage/destinations/refusing', destination(world, `w${index}/refusing`));
}

/** Ends everything that the world has started. */
export async function stopWorld(world: World): Promise<void> {
  await Promise.all(world.downloaders.map((one) => one.stop()));
  await world.stack.end();
  await world.storage.stop();
  await world.receiver.close();
  await world.sites.close();
  for (const proxy of Object.values(world.proxies).flat()) await proxy.close();
}

/** Removes what a stopped world has left on the disk. */
export async function removeWorld({ stateDirectory }: World): Promise<void> {
  await rm(stateDirectory, { recursive: true, force: true });
}
