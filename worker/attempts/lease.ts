/**
 * How long an attempt owns its job without a heartbeat, in seconds. Four reports fit in at the longest interval of 15 s,
 * so a lost report does no harm, and a lost downloader costs a minute.
 */
const LEASE_SECONDS = 60;

/** The end of a lease that is taken or renewed at `nowMs`, in unix milliseconds. */
export function leaseEnd(nowMs: number): number {
  return nowMs + LEASE_SECONDS * 1000;
}
