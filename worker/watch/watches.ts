/** Reaches the object that watches a job. */
import type { JobWatches } from '../context.ts';
import type { ImportWatch } from './import-watch.ts';

/** The watches behind the binding of `ImportWatch`. */
export function createWatches(binding: DurableObjectNamespace): JobWatches {
  const watches = binding as unknown as DurableObjectNamespace<ImportWatch>;
  const watchOf = (jobId: string) => watches.get(watches.idFromName(jobId));
  return {
    stream: async (order) => watchOf(order.jobId).stream(order),
    waitForEnd: async (order) => watchOf(order.jobId).waitForEnd(order),
  };
}
