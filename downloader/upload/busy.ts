/** Whether the event loop of this process is the limit of a transfer. */
import { performance } from 'node:perf_hooks';

/** The share of its time that the process works, from which on it is the limit, and not the network. */
const BUSY = 0.85;

/** Returns a function that tells whether the process was busy since its last call. */
export function watchBusyness(): () => boolean {
  let before = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    return utilization > BUSY;
  };
}
