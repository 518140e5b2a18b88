/**
 * How long an attempt owns its job without a heartbeat, in seconds: four reports at the slowest pace of 15 s, so that
 * one lost report costs nothing and a lost downloader costs a minute.
 */
const LEASE_SECONDS = 60;

/** When a lease taken or renewed at `nowMs` ends, in unix milliseconds. */
export function leaseEnd(nowMs: number): number {
  return nowMs + LEASE_SECONDS * 1000;
}
