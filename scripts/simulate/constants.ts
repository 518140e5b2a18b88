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
  /** Milliseconds that D1 spends on the statements of all these calls. A database does one call after another. */
  sqlMs: number;
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

/**
 * `claimedJob` comes on top of `claim` for each job, and `heartbeatJob` on top of `heartbeat` for each job after the first one, in the same
 * call. `complete` includes the bytes of a small file for service storage.
 */
export const CALLS: Readonly<Record<CallName, Call>> = {
  create: { calls: 2, rowsRead: 13, rowsWritten: 10, sqlMs: 0.2 },
  claim: { calls: 1, rowsRead: 160, rowsWritten: 0, sqlMs: 0.2 },
  claimedJob: { calls: 0, rowsRead: 18, rowsWritten: 5, sqlMs: 0.1 },
  accepted: { calls: 1, rowsRead: 1, rowsWritten: 1, sqlMs: 0.02 },
  artifacts: { calls: 2, rowsRead: 7, rowsWritten: 2, sqlMs: 0.1 },
  complete: { calls: 3, rowsRead: 57, rowsWritten: 13, sqlMs: 0.45 },
  heartbeat: { calls: 1, rowsRead: 22, rowsWritten: 1, sqlMs: 0.1 },
  heartbeatJob: { calls: 0, rowsRead: 18, rowsWritten: 0, sqlMs: 0.07 },
  status: { calls: 1, rowsRead: 1, rowsWritten: 0, sqlMs: 0.02 },
  delivery: { calls: 7, rowsRead: 15, rowsWritten: 5, sqlMs: 0.4 },
  sweep: { calls: 17, rowsRead: 70, rowsWritten: 1, sqlMs: 0.9 },
};

/** Milliseconds of CPU in the Worker and in the downloader for a small import, and in the Worker for a poll. */
export const CPU_MS = { workerImport: 11, downloaderImport: 5.6, poll: 1.6 };
/** CPU milliseconds in the downloader for each MB. */
export const CPU_MS_PER_MB = 1.6;

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
