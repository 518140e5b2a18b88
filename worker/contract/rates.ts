/** What the counter of requests is asked and what it answers. Imports nothing. */

/** What is to be counted in the window of this name. */
export interface Take {
  name: string;
  limit: number;
  /** How many requests. Default: 1. */
  count?: number;
}

/** Where a window stands after a request. */
export interface Standing {
  limit: number;
  remaining: number;
  /** When the window ends, in unix milliseconds. */
  resetAt: number;
}

export interface Taken {
  granted: boolean;
  /** The window that is used up first, or that refused the request. */
  tightest: Standing;
}

/** Counts the requests of one workspace. */
export interface RateCounting {
  /** Counts a request at this time (unix milliseconds) in all windows, or in none of them when one is used up. */
  take(takes: readonly [Take, ...Take[]], now: number): Promise<Taken>;
}
