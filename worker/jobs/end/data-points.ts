/** Data points of ended attempts and jobs for Workers Analytics Engine. docs/operations.md lists the columns. */
import type { Ctx } from '../../context.ts';
import { errorText } from '../../error-text.ts';
import type { AttemptFacts, JobFacts } from './end-facts.ts';

/** Writes the point of an attempt. The number of a column never changes: queries name columns by number. */
export function writeAttemptPoint(ctx: Ctx, facts: AttemptFacts): void {
  const { kind, outcome, code, status, way, sourceHost, provider, slot, bytes, durationMs, failures } = facts;
  const { resolving, downloading, merging, uploading, verifying } = facts.stageMs;
  const stages = [resolving, downloading, merging, uploading, verifying];
  write(ctx, {
    indexes: [facts.workspaceId],
    blobs: ['attempt', kind, outcome, code, status, way, sourceHost, provider, slot],
    doubles: [bytes, ...[durationMs, ...stages].map(toSeconds), failures, 0],
  });
}

/** Writes the point of a job, in the same columns. What only an attempt has is empty. */
export function writeJobPoint(ctx: Ctx, facts: JobFacts): void {
  const { kind, code, status, way, sourceHost, bytes, durationMs, failures, costMicrodollars } = facts;
  write(ctx, {
    indexes: [facts.workspaceId],
    blobs: ['job', kind, status, code, status, way, sourceHost, null, null],
    doubles: [bytes, toSeconds(durationMs), 0, 0, 0, 0, 0, failures, costMicrodollars ?? 0],
  });
}

/** The end of a job must not fail because of its statistics. */
function write({ analytics, log }: Ctx, point: AnalyticsEngineDataPoint): void {
  try {
    analytics?.writeDataPoint(point);
  } catch (error) {
    log.error('analytics.write_failed', { error: errorText(error) });
  }
}

function toSeconds(ms: number): number {
  return ms / 1000;
}
