/** Limits how many names one job resolves at a time. */
import { lookup as systemLookup } from 'node:dns';
import type { LookupAll } from './guarded-connect.ts';

/**
 * Lookups of one job at a time. Each keeps a thread of this process until the resolver answers, which takes many seconds when the name
 * server of a hostile domain is silent. `RUNTIME_ENVIRONMENT` in scripts/start/ sets the number of threads.
 */
const AT_ONCE = 2;

/** The same resolver; further lookups wait in order. */
export function limitLookups(lookup: LookupAll = systemLookup): LookupAll {
  const waiting: (() => void)[] = [];
  let running = 0;
  return (host, options, callback) => {
    const start = (): void => {
      running += 1;
      lookup(host, options, (error, addresses) => {
        running -= 1;
        waiting.shift()?.();
        callback(error, addresses);
      });
    };
    if (running < AT_ONCE) start();
    else waiting.push(start);
  };
}
