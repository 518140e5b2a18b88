/** Counts the requests of an isolate that wait for the end of a job. Each keeps a connection and memory. */

export interface PlaceLimits {
  ofWorkspace: number;
  ofIsolate: number;
}

/** How many may wait at a time. A client that needs more should get webhooks. */
export const PLACE_LIMITS: PlaceLimits = { ofWorkspace: 100, ofIsolate: 500 };

/** The places in which requests wait. */
export class WaitingPlaces {
  readonly #limits: PlaceLimits;
  /** The requests that wait, by workspace. */
  readonly #taken = new Map<string, number>();
  #total = 0;

  constructor(limits: PlaceLimits) {
    this.#limits = limits;
  }

  /** Runs `wait` in a place of the workspace; null, without running it, when no place is free. */
  async use<Result>(workspaceId: string, wait: () => Promise<Result>): Promise<Result | null> {
    const { ofWorkspace, ofIsolate } = this.#limits;
    if (this.#total >= ofIsolate || this.#takenBy(workspaceId) >= ofWorkspace) return null;
    this.#change(workspaceId, 1);
    try {
      return await wait();
    } finally {
      this.#change(workspaceId, -1);
    }
  }

  #takenBy(workspaceId: string): number {
    return this.#taken.get(workspaceId) ?? 0;
  }

  #change(workspaceId: string, by: 1 | -1): void {
    this.#total += by;
    const taken = this.#takenBy(workspaceId) + by;
    if (taken === 0) this.#taken.delete(workspaceId);
    else this.#taken.set(workspaceId, taken);
  }
}
