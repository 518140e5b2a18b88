/** Reaches the object that watches a job. */
import type { JobWatches } from '../context.ts';
import type { ImportWatch } from './import-watch.ts';
import { PLACE_LIMITS, WaitingPlaces } from './waiting-places.ts';

/** The watches behind the binding of `ImportWatch`. */
export function createWatches(binding: DurableObjectNamespace, limits = PLACE_LIMITS): JobWatches {
  const watches = binding as unknown as DurableObjectNamespace<ImportWatch>;
  const watchOf = (jobId: string) => watches.get(watches.idFromName(jobId));
  const places = new WaitingPlaces(limits);
  return {
    tellEnd: async (jobId) => watchOf(jobId).tellEnd(),
    stream: async (order) => watchOf(order.jobId).stream(order),
    waitForEnd: ({ workspaceId, ...order }) =>
      places.use(workspaceId, async () => watchOf(order.jobId).waitForEnd(order)),
  };
}
