/** What the checks of one Test Connection share: the settings, where they lead, and the object that they write. */
import type { Ctx } from '../../context.ts';
import type { DestinationRow } from '../../db/rows.ts';
import type { S3Target, TargetSettings } from '../s3/target.ts';

/** Settings as far as a test looks at them. */
export type TestedSettings = TargetSettings &
  Pick<DestinationRow, 'defaultPathPrefix' | 'publicBaseUrl' | 'presignedUrlSeconds'>;

export interface Trial {
  /** Its requests are bounded in time, alone and together. */
  ctx: Ctx;
  settings: TestedSettings;
  target: S3Target;
  /** The test object. */
  key: string;
}

export const TEST_TYPE = 'text/plain';
export const TEST_TEXT =
  'Written by Test Connection to see whether imports can be stored here. It may be deleted.\n';
export const TEST_BODY = new Uint8Array(new TextEncoder().encode(TEST_TEXT));

/** In milliseconds. */
export interface TimeLimits {
  oneRequest: number;
  allRequests: number;
}

/** Somebody waits for the answer at a page. */
export const PATIENCE: TimeLimits = { oneRequest: 8_000, allRequests: 40_000 };

/** The last answer's clock. */
export interface SeenClock {
  /** How far the storage's clock is ahead of ours, in milliseconds; null when it does not tell the time. */
  skewMs: number | null;
}

/** The context with a `fetch` that ends in time and looks at the clock of whoever answers. */
export function boundedCtx(ctx: Ctx, limits: TimeLimits): { ctx: Ctx; seen: SeenClock } {
  const seen: SeenClock = { skewMs: null };
  const all = AbortSignal.timeout(limits.allRequests);
  const fetch: Ctx['fetch'] = async (input, init) => {
    const signals = [all, AbortSignal.timeout(limits.oneRequest), ...(init?.signal ? [init.signal] : [])];
    const answer = await ctx.fetch(input, { ...init, signal: AbortSignal.any(signals) });
    const dateMs = Date.parse(answer.headers.get('date') ?? '');
    seen.skewMs = Number.isNaN(dateMs) ? null : dateMs - ctx.now();
    return answer;
  };
  return { ctx: { ...ctx, fetch }, seen };
}
