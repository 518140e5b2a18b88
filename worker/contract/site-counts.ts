/** How imports from a site ended. Pure. */
import type { Code } from './codes.ts';

/** How many imports ended with each code; the code is empty for those that were completed. */
export type SiteCounts = ReadonlyMap<Code | '', number>;

export interface Site {
  host: string;
  own: SiteCounts;
  /** Of all workspaces together. Null while too few workspaces have imported from the host. */
  everyone: SiteCounts | null;
}

/** Shows that nearly all imports from a host fail. */
export interface SiteTrouble {
  host: string;
  imports: number;
  completed: number;
}

/** All imports of the counts. */
export function sumOf(counts: SiteCounts): number {
  return [...counts.values()].reduce((total, imports) => total + imports, 0);
}
