/** The jobs that clients request: a steady stream, and one workspace that requests many at once. */
import { WORKLOAD } from './constants.ts';
import type { Random } from './random.ts';

export interface Job {
  workspace: number;
  requestedAtMs: number;
  runMs: number;
  bytes: number;
  isPage: boolean;
  /** Null: a webhook tells its end. */
  pollEveryMs: number | null;
  hasEnded: boolean;
}

export function makeJob(random: Random, workspace: number, requestedAtMs: number): Job {
  const isPage = random.next() >= WORKLOAD.file.share;
  const { sizeMb, megabytesPerSecond, startSeconds } = isPage ? WORKLOAD.page : WORKLOAD.file;
  const megabytes = random.logNormal(sizeMb, WORKLOAD.sizeSpread);
  return {
    workspace,
    requestedAtMs,
    runMs: 1000 * (startSeconds + megabytes / megabytesPerSecond),
    bytes: megabytes * 1e6,
    isPage,
    pollEveryMs: random.next() < WORKLOAD.polledShare ? WORKLOAD.pollSeconds * 1000 : null,
    hasEnded: false,
  };
}

/** Mean seconds that a job runs. */
export function meanRunSeconds(): number {
  const meanOfMedian = Math.exp(WORKLOAD.sizeSpread ** 2 / 2);
  return [WORKLOAD.file, WORKLOAD.page].reduce(
    (sum, { share, sizeMb, megabytesPerSecond, startSeconds }) =>
      sum + share * (startSeconds + (sizeMb * meanOfMedian) / megabytesPerSecond),
    0,
  );
}

/** A few workspaces request most: the weight of each is 1 by the square root of its rank. */
export function pickWorkspace(random: Random, workspaces: number): number {
  return Math.floor(workspaces * random.next() ** 2);
}

/** Whether it is one of the three quarters of the workspaces that request least, which have half of the jobs. */
export function isLight(workspace: number, workspaces: number): boolean {
  return workspace >= workspaces / 4;
}
