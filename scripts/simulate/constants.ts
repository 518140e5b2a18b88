/**
 * Constants of the simulation. docs/scale.md has the command that measures each of them. Calls are those to D1; a batch of
 * statements is one call.
 */

/** What one call of the control plane costs. */
export interface Call {
  /** Calls of D1. */
  calls: number;
  rowsRead: number;
  rowsWritten: number;
  /** Milliseconds that one call occupies its database, which does one after another. */
  databaseMs: number;
  /** Milliseconds of CPU in the Worker. */
  workerMs: number;
}

export type CallName =
  | 'create'
  | 'claim'
  | 'claimedJob'
  | 'accepted'
  | 'artifacts'
  | 'complete'
  | 'heartbeat'
  | 'heartbeatJob'
  | 'status'
  | 'delivery'
  | 'sweep';

/** `claimedJob` and `heartbeatJob` come on top of `claim` and `heartbeat`, for each job in them, in the same call. */
export const CALLS: Readonly<Record<CallName, Call>> = {
  create: { calls: 1, rowsRead: 8, rowsWritten: 6, databaseMs: 1, workerMs: 2 },
  claim: { calls: 1, rowsRead: 20, rowsWritten: 0, databaseMs: 0.6, workerMs: 1 },
  claimedJob: { calls: 0, rowsRead: 20, rowsWritten: 4, databaseMs: 0.5, workerMs: 2 },
  accepted: { calls: 1, rowsRead: 2, rowsWritten: 1, databaseMs: 0.4, workerMs: 0.5 },
  artifacts: { calls: 2, rowsRead: 12, rowsWritten: 2, databaseMs: 0.5, workerMs: 3 },
  complete: { calls: 2, rowsRead: 20, rowsWritten: 6, databaseMs: 1, workerMs: 3 },
  heartbeat: { calls: 1, rowsRead: 4, rowsWritten: 0, databaseMs: 0.5, workerMs: 1 },
  heartbeatJob: { calls: 0, rowsRead: 3, rowsWritten: 0.3, databaseMs: 0.1, workerMs: 0.1 },
  status: { calls: 1, rowsRead: 4, rowsWritten: 0, databaseMs: 0.4, workerMs: 1 },
  delivery: { calls: 3, rowsRead: 12, rowsWritten: 5, databaseMs: 0.5, workerMs: 2 },
  sweep: { calls: 20, rowsRead: 300, rowsWritten: 5, databaseMs: 0.5, workerMs: 20 },
};

/** Defaults of the service. */
export const JOBS_PER_SLOT = 4;
/** Seconds between two reports of a downloader, and between two sweeps of each database. */
export const HEARTBEAT_SECONDS = 10;
export const SWEEP_SECONDS = 60;
/** Jobs that one claim starts at most (worker/jobs/fill-slots.ts). */
export const JOBS_PER_CLAIM = 40;
/** Milliseconds from a Worker to a warm container and back. */
export const DISPATCH_MS = 14;

/** What is imported: assumptions, not measures. Sizes and rates vary by job; these are medians. */
export const WORKLOAD = {
  /** A file at a URL, read by ranges. */
  file: { share: 0.5, sizeMb: 20, megabytesPerSecond: 20, startSeconds: 0.1 },
  /** A video of a page, at the rate that its site allows. */
  page: { share: 0.5, sizeMb: 60, megabytesPerSecond: 2.5, startSeconds: 4 },
  /** Spread of the sizes: standard deviation of their natural logarithm. */
  sizeSpread: 1,
  /** Imports that a client polls, every so many seconds; a webhook tells the others. */
  polledShare: 0.5,
  pollSeconds: 5,
  /** Concurrent jobs of a workspace on average. */
  jobsPerWorkspace: 5,
  /** After this share of the time, one more workspace requests as many jobs as run at once, all together, but not more than `maxJobs`. */
  burst: { afterShare: 0.4, maxJobs: 1000 },
  /** Concurrent jobs by the places of all downloaders. */
  utilization: 0.85,
};

/** Published prices in US dollars, without the amounts that are included. docs/scale.md names the pages. */
export const PRICES = {
  millionRequests: 0.3,
  millionCpuMs: 0.02,
  millionRowsRead: 0.001,
  millionRowsWritten: 1,
  /** Of a queue: a message is written, read and removed. */
  millionQueueOperations: 0.4,
  /** Requests to Durable Objects, which carry those to containers. */
  millionObjectRequests: 0.15,
  vcpuSecond: 0.00002,
  memoryGibSecond: 0.0000025,
  diskGbSecond: 0.00000007,
  egressGb: 0.025,
};

/** A container of the type `standard-1`: memory and disk are billed while it runs, its CPU while it computes. */
export const CONTAINER = { memoryGib: 4, diskGb: 8, vcpu: 0.5 };
/** CPU seconds of a downloader for each import and each GB. */
export const DOWNLOADER_CPU = { importSeconds: 0.011, gigabyteSeconds: 1.4 };
