/** The Durable Object that counts the requests of one workspace. There is one for each workspace, whatever isolate asks. */
import { DurableObject } from 'cloudflare:workers';
import type { Env } from '../env.ts';
import type { Take, Taken } from '../contract/rates.ts';
import { hasEnded, takeFrom, type RateWindow } from './rate-window.ts';

/** Counts are saved this long after a request, in milliseconds. A crash loses the counts of this time. */
const SAVED_AFTER_MS = 1_000;
/** What one call of the storage takes. */
const MAX_NAMES_A_CALL = 128;

export class RateCounter extends DurableObject<Env> {
  #windows = new Map<string, RateWindow>();
  /** Names of windows that are not saved yet. */
  readonly #unsaved = new Set<string>();
  #isSaveDue = false;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    void ctx.blockConcurrencyWhile(async () => {
      this.#windows = await ctx.storage.list<RateWindow>();
    });
  }

  /**
   * Counts a request at this time (unix milliseconds), unless a window is used up. The counts are in memory and saved a
   * little later, since a save for each request would add a millisecond to it.
   */
  take(takes: readonly [Take, ...Take[]], now: number): Taken {
    const taken = takeFrom(this.#windows, takes, now);
    if (!taken.granted) return taken;
    for (const { name } of takes) this.#unsaved.add(name);
    if (!this.#isSaveDue) setTimeout(() => void this.#save(now), SAVED_AFTER_MS);
    this.#isSaveDue = true;
    return taken;
  }

  /** Windows that have ended are removed: those of old keys would stay forever. */
  async #save(now: number): Promise<void> {
    this.#isSaveDue = false;
    const ended = [...this.#windows].filter(([, window]) => hasEnded(window, now)).map(([name]) => name);
    for (const name of ended) this.#windows.delete(name);
    const changed = [...this.#windows].filter(([name]) => this.#unsaved.has(name));
    this.#unsaved.clear();
    for (const names of inGroups(ended)) await this.ctx.storage.delete(names);
    for (const windows of inGroups(changed)) await this.ctx.storage.put(Object.fromEntries(windows));
  }
}

function inGroups<Item>(items: Item[]): Item[][] {
  const count = Math.ceil(items.length / MAX_NAMES_A_CALL);
  return Array.from({ length: count }, (_, index) =>
    items.slice(index * MAX_NAMES_A_CALL, (index + 1) * MAX_NAMES_A_CALL),
  );
}
