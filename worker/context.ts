/** Everything that a verb depends on, in one object. Tests build their own with another clock or downloader. */
import type { Config } from './config.ts';
import type { LimitWindow } from './contract/api/limits.ts';
import type { PlanName } from './contract/plans.ts';
import type { DeliveryKey } from './db/rows.ts';
import type { Scope } from './contract/api/scopes.ts';
import type { Downloader } from './downloader.ts';
import type { SlotShare } from './contract/downloader/slot-names.ts';
import type { Db } from './db/client.ts';
import type { Log } from './contract/log.ts';
import type { RateCounting } from './contract/rates.ts';

export interface Ctx {
  config: Config & { share?: SlotShare };
  db: Db;
  /** The number of `db`: 0 for the binding `DB`, 1 for `DB_1` and so on. */
  database: number;
  /** The same with another database; null for one that is not bound. */
  ofDatabase: (database: number) => Ctx | null;
  /** The R2 bucket of service storage. */
  media: R2Bucket;
  /** The doorbell queue: a message says only that there is work. */
  doorbell: Queue<unknown>;
  /** The queue of webhooks: each message names a delivery that is due. */
  webhooks: Queue<DeliveryKey>;
  downloader: Downloader;
  /** The counter of a workspace's requests: the same one in every isolate. */
  rateCounter: (workspaceId: string) => RateCounting;
  /** Tells what happens to jobs while they run. */
  watches: JobWatches;
  /** For requests to customers' storage. */
  fetch: typeof fetch;
  /** Unix milliseconds. */
  now: () => number;
  /** A UUID v7, so that ids sort by time. */
  newId: () => string;
  /** A random number in [0, 1), for jitter. */
  random: () => number;
  log: Log;
  /** Sends mail through Cloudflare; null when it is not bound. */
  mail: SendEmail | null;
  /** Data points of ended attempts and jobs; null when no dataset is bound. */
  analytics: AnalyticsEngineDataset | null;
  /** Continues after the answer was sent, for up to 30 seconds. The work must not throw. */
  background: (work: Promise<void>) => void;
}

/** The job of a stream is read once a second, however many streams it has. Requests that wait for an end are told about it. */
export interface JobWatches {
  /**
   * Server-Sent Events of the job. The stream ends with the job, with the API key, and after ten minutes. Null when too many
   * clients watch the job.
   */
  stream: (order: {
    jobId: string;
    keyId: string;
    lastEventId: string | null;
  }) => Promise<ReadableStream<Uint8Array> | null>;
  /** Whether the job ends within this time. Null, at once, when too many requests wait. */
  waitForEnd: (order: { workspaceId: string; jobId: string; waitMs: number }) => Promise<boolean | null>;
  /** Tells the requests that wait for the end of the job. */
  tellEnd: (jobId: string) => Promise<void>;
}

/** Who sends a request, and what they may do. `system` is the service itself. */
export interface Principal {
  workspaceId: string;
  actor: { type: 'key' | 'user' | 'system'; id: string };
  scopes: readonly Scope[];
  /** True in the workspace of the person who runs the service. */
  isOperator: boolean;
  /** Which rates the workspace has. */
  plan: PlanName;
  /** Rates below those of the plan. */
  ownLimits: readonly LimitWindow[] | null;
}

/** The ID of the API key that sends the request; null for every other actor. */
export function keyIdOf({ actor }: Principal): string | null {
  return actor.type === 'key' ? actor.id : null;
}
