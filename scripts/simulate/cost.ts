/** What imports cost by the published prices, beyond the amounts that a plan includes. */
import { CONTAINER, CPU_MS, CPU_MS_PER_MB, PRICES } from './constants.ts';
import type { DatabaseUse } from './database.ts';
import type { Job } from './workload.ts';

/** US dollars. */
export interface Cost {
  worker: number;
  database: number;
  queue: number;
  containers: number;
  /** Bytes from containers to a bucket outside of Cloudflare. */
  egress: number;
  total: number;
}

/** Requests of a Worker for each import, beside its polls: create, artifacts, complete, heartbeats and the message of the queue. */
const REQUESTS_PER_IMPORT = 6;
/** A message is written, read and removed. */
const QUEUE_OPERATIONS_PER_IMPORT = 3;

interface CostInput {
  ended: readonly Job[];
  uses: readonly DatabaseUse[];
  slots: number;
  seconds: number;
}

/** Of 1,000 imports. */
export function costOf({ ended, uses, slots, seconds }: CostInput): Cost {
  const of = (figure: (use: DatabaseUse) => number) => uses.reduce((sum, use) => sum + figure(use), 0);
  const perThousand = 1000 / Math.max(1, ended.length);
  const gigabytes = ended.reduce((sum, { bytes }) => sum + bytes, 0) / 1e9;
  const polls = ended.reduce(
    (sum, { pollEveryMs, runMs }) => sum + (pollEveryMs ? runMs / pollEveryMs : 0),
    0,
  );
  const requests = ended.length * REQUESTS_PER_IMPORT + polls;
  const downloaderMs = ended.length * CPU_MS.downloaderImport + gigabytes * 1000 * CPU_MS_PER_MB;
  const workerMs = ended.length * CPU_MS.workerImport + polls * CPU_MS.poll;
  const containerSeconds = slots * seconds;
  const parts = {
    worker: (requests * PRICES.millionRequests + workerMs * PRICES.millionCpuMs) / 1e6,
    database:
      (of(({ rowsRead }) => rowsRead) * PRICES.millionRowsRead +
        of(({ rowsWritten }) => rowsWritten) * PRICES.millionRowsWritten) /
      1e6,
    queue: (ended.length * QUEUE_OPERATIONS_PER_IMPORT * PRICES.millionQueueOperations) / 1e6,
    containers:
      (downloaderMs / 1000) * PRICES.vcpuSecond +
      containerSeconds *
        (CONTAINER.memoryGib * PRICES.memoryGibSecond + CONTAINER.diskGb * PRICES.diskGbSecond) +
      (requests * PRICES.millionObjectRequests) / 1e6,
    egress: gigabytes * PRICES.egressGb,
  };
  const total = Object.values(parts).reduce((sum, one) => sum + one, 0);
  const scaled = Object.entries({ ...parts, total }).map(([name, dollars]) => [name, dollars * perThousand]);
  return Object.fromEntries(scaled) as Cost;
}
