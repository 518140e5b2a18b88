/** Ends the download of a page whose file would be larger than the request allows. */
import { refuseLarge } from '../../hard-stops.ts';
import type { JobContext } from '../../job-context.ts';

/** Segments and their requests are larger than the file that is made of them: by so much, and by a fixed number of bytes. */
const OVERHEAD = { factor: 1.15, bytes: 4 * 1024 * 1024 };

export interface Allowance {
  /** Aborts with the failure. */
  signal: AbortSignal;
  /** From now on, bytes count. The page itself does not. */
  begin: () => void;
  count: (bytes: number) => void;
}

/** Never ends anything for a request without a limit on its file. */
export function createAllowance({ command: { limits } }: Pick<JobContext, 'command'>): Allowance {
  const controller = new AbortController();
  let counted = Number.NEGATIVE_INFINITY;
  return {
    signal: controller.signal,
    begin: () => {
      counted = 0;
    },
    count: (bytes) => {
      counted += bytes;
      try {
        refuseLarge((counted - OVERHEAD.bytes) / OVERHEAD.factor, {
          maxBytes: Infinity,
          stops: limits.stops,
        });
      } catch (failure) {
        controller.abort(failure);
      }
    },
  };
}
