/** What a chaos run does, from a seed: its requests in their order, and the kills. Pure. */
import { Random } from '../fuzz/random.ts';
import { KILL_POINTS, type KillPoint } from './kill-points.ts';
import { WORKS, type Work } from './works.ts';

export interface PlannedRequest {
  /** Unique: part of the URL of its source, of its file in a bucket and of its Idempotency-Key. */
  name: string;
  work: Work;
  /** The index of its workspace. */
  workspace: number;
  /** The same request is sent twice at once. */
  isTwin: boolean;
  /** Whether the request names a webhook of its own. */
  hasCallback: boolean;
}

export interface PlannedKill extends KillPoint {
  /** How many matching requests pass before. */
  skip: number;
  /** Milliseconds without kills before it. */
  restMs: number;
}

export interface Plan {
  requests: PlannedRequest[];
  kills: PlannedKill[];
  /** Sent after the others, one after the other, while a kill still waits for its request. */
  spare: PlannedRequest[];
}

export const WORKSPACES = 2;
const LONGEST_REST_MS = 1500;
const MOST_SKIPPED = 3;

/** Enough requests for this many jobs, and this many kills. Every work and every kill point comes before one comes again. */
export function makePlan(seed: number, { jobs, kills }: { jobs: number; kills: number }): Plan {
  return {
    requests: planRequests(new Random(seed, 'requests'), jobs),
    kills: planKills(new Random(seed, 'kills'), kills),
    spare: [],
  };
}

function planRequests(random: Random, jobs: number): PlannedRequest[] {
  const works = deal(
    random,
    WORKS,
    WORKS.flatMap((work) => Array.from({ length: work.weight }, () => work)),
  );
  const requests: PlannedRequest[] = [];
  for (let planned = 0; planned < jobs; planned += requests.at(-1)!.work.jobs) {
    const work = works();
    requests.push({
      name: `r${requests.length}`,
      work,
      workspace: random.below(WORKSPACES),
      isTwin: work.follow === 'none' && random.oneIn(4),
      hasCallback: random.oneIn(3),
    });
  }
  return requests;
}

function planKills(random: Random, kills: number): PlannedKill[] {
  const points = deal(random, KILL_POINTS, KILL_POINTS);
  return Array.from({ length: kills }, () => ({
    ...points(),
    skip: random.below(MOST_SKIPPED + 1),
    restMs: random.below(LONGEST_REST_MS),
  }));
}

/** Gives each of `first` once, in random order, then any of `later`. */
function deal<T>(random: Random, first: readonly T[], later: readonly T[]): () => T {
  const left = [...first];
  return () => (left.length > 0 ? left.splice(random.below(left.length), 1)[0]! : random.pick(later)!);
}
