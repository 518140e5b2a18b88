/** The keys that this isolate has read within the last seconds, so that a client that polls does not read its key every time. */
import type { FoundKey } from './api-key.ts';

/** How long a poll may use what was read before, in milliseconds: so long a revoked key can still read a status. */
export const KEY_FRESH_MS = 5_000;
/** More keys than this are not kept. */
const MAX_KEYS = 1_000;

export interface RecentKeys {
  /** The key with this hash, if it was read within the last seconds. */
  get(hash: string, now: number): FoundKey | undefined;
  keep(hash: string, found: FoundKey, now: number): void;
}

/** An empty memory of one isolate. */
export function createRecentKeys(): RecentKeys {
  const kept = new Map<string, { found: FoundKey; readAt: number }>();
  return {
    get(hash, now) {
      const entry = kept.get(hash);
      return entry !== undefined && now - entry.readAt < KEY_FRESH_MS ? entry.found : undefined;
    },
    keep(hash, found, now) {
      // In the order in which they were read: the first one is the oldest.
      kept.delete(hash);
      kept.set(hash, { found, readAt: now });
      for (const oldest of kept.keys()) {
        if (kept.size <= MAX_KEYS) break;
        kept.delete(oldest);
      }
    },
  };
}
