/** The moments at which a chaos run kills a part of the system, and which part. */

/** `everything`: Worker and downloaders at once. `receiver`: the server that takes webhooks. */
export type Victim = 'worker' | 'downloader' | 'storage' | 'everything' | 'receiver';
/** In front of which part the request is stopped. */
export type Border = 'worker' | 'downloader' | 'storage' | 'webhooks';

export interface Stop {
  border: Border;
  method: string;
  /** Of the path with its query. */
  path: RegExp;
  /** `after`: the request had its effect, and its answer is lost. */
  moment: 'before' | 'after';
}

export interface KillPoint {
  name: string;
  victim: Victim;
  /** Null: at a random time. */
  stop: Stop | null;
}

/** Requests between two parts, each of which follows a commit or causes one. */
const PLACES: readonly [name: string, border: Border, method: string, path: RegExp, victims: Victim[]][] = [
  ['a request of a client', 'worker', 'POST', /^\/(?:import|batches|metadata)(?:\/basic)?$/, ['worker']],
  ['a dispatch', 'downloader', 'POST', /^\/jobs$/, ['worker', 'downloader']],
  ['heartbeat', 'worker', 'POST', /^\/internal\/heartbeat$/, ['worker', 'downloader']],
  ['artifacts', 'worker', 'POST', /\/artifacts$/, ['worker', 'downloader']],
  ['a part', 'worker', 'PUT', /\/parts\/\d+$/, ['worker', 'downloader']],
  ['sign', 'worker', 'POST', /\/sign$/, ['worker', 'downloader']],
  ['complete', 'worker', 'POST', /\/complete$/, ['worker', 'downloader', 'storage']],
  // Most reports come with the last `complete`.
  ['the report of completion', 'worker', 'POST', /\/completed?$/, ['worker', 'downloader', 'everything']],
  ['the report of failure', 'worker', 'POST', /\/failed$/, ['worker', 'downloader']],
  ['the source of a store job', 'worker', 'GET', /\/source$/, ['worker', 'downloader']],
  ['an object of one PUT', 'storage', 'PUT', /^(?!.*[?&]uploadId=)/, ['downloader', 'storage']],
  ['a part of an object', 'storage', 'PUT', /[?&]uploadId=/, ['downloader', 'storage']],
  ['the end of an upload', 'storage', 'POST', /[?&]uploadId=/, ['worker', 'downloader', 'storage']],
  ['a webhook', 'webhooks', 'POST', /^\//, ['worker', 'everything']],
];

const AT_REQUESTS: KillPoint[] = PLACES.flatMap(([place, border, method, path, victims]) =>
  (['before', 'after'] as const).flatMap((moment) =>
    victims.map((victim) => ({
      name: `${victim} ${moment} ${place}`,
      victim,
      stop: { border, method, path, moment },
    })),
  ),
);

const AT_ANY_TIME: KillPoint[] = (
  ['worker', 'downloader', 'storage', 'everything', 'receiver', 'receiver'] as const
).map((victim) => ({ name: `${victim} at any time`, victim, stop: null }));

export const KILL_POINTS: readonly KillPoint[] = [...AT_REQUESTS, ...AT_ANY_TIME];
