/**
 * How long an attempt owns its job, in seconds. Two reports fit into half of it at the longest interval of 15 s, and a lost one is sent
 * again after a second, so it does no harm. A lost downloader costs a minute at most.
 */
const LEASE_SECONDS = 60;

/** A heartbeat renews a lease that ends before this time: less than half of it is left. */
export function renewBefore(nowMs: number): number {
  return nowMs + (LEASE_SECONDS * 1000) / 2;
}

/** The end of a lease that is taken or renewed at `nowMs`, in unix milliseconds. */
export function leaseEnd(nowMs: number): number {
  return nowMs + LEASE_SECONDS * 1000;
}
