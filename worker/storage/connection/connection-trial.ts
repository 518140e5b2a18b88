/** What the checks of one Test Connection share: the context, the settings, the target and the test object. */
import type { Ctx } from '../../context.ts';
import type { DestinationRow } from '../../db/rows.ts';
import type { S3Target, TargetSettings } from '../s3/target.ts';

/** The settings that a test uses. */
export type TestedSettings = TargetSettings &
  Pick<DestinationRow, 'defaultPathPrefix' | 'publicBaseUrl' | 'presignedUrlSeconds'>;

export interface Trial {
  /** Its requests have a timeout each, and one for all of them. */
  ctx: Ctx;
  settings: TestedSettings;
  target: S3Target;
  /** Key of the test object. */
  key: string;
}

export const TEST_TYPE = 'text/plain';
export const TEST_TEXT =
  'Written by Test Connection to see whether imports can be stored here. It may be deleted.\n';
export const TEST_BODY = new Uint8Array(new TextEncoder().encode(TEST_TEXT));

/** Timeouts in milliseconds. */
export interface TimeLimits {
  oneRequest: number;
  allRequests: number;
}

/** A person waits for the result. */
export const PATIENCE: TimeLimits = { oneRequest: 8_000, allRequests: 40_000 };

/** The clock of the storage in its last answer. */
export interface SeenClock {
  /** How far the clock of the storage is ahead of ours, in milliseconds; null when its answer has no date. */
  skewMs: number | null;
}

/** A context whose `fetch` has the timeouts and records the clock of each answer. */
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
