/** How long an attempt spent in each stage, as far as the Worker knows. Pure. */
import type { JobStage, SourceWay } from '../../contract/job.ts';
import type { ClosedAttempt } from './closed-attempt.ts';

type Marks = Pick<
  ClosedAttempt,
  'claimedAt' | 'downloadingAt' | 'mergingAt' | 'uploadingAt' | 'verifyingAt' | 'endedAt'
>;

/**
 * Milliseconds in each stage. A stage begins at the first heartbeat that reports it, which may be seconds late, and ends
 * with the next known one. `openedAt` is exact: at that time the stage begins that uploads, which for direct files is the
 * download. A stage that no heartbeat saw has 0.
 */
export function stageTimes(
  marks: Marks,
  { openedAt, way }: { openedAt: number | null; way: SourceWay | null },
): Record<JobStage, number> {
  const { claimedAt, mergingAt, verifyingAt, endedAt } = marks;
  const isDirect = way === 'direct';
  const begins: [JobStage, number | null][] = [
    ['resolving', claimedAt],
    ['downloading', isDirect ? earliest(openedAt, marks.downloadingAt) : marks.downloadingAt],
    ['merging', mergingAt],
    ['uploading', isDirect ? marks.uploadingAt : earliest(openedAt, marks.uploadingAt)],
    ['verifying', verifyingAt],
  ];
  const known = begins.filter((begin): begin is [JobStage, number] => begin[1] !== null);
  const times = { resolving: 0, downloading: 0, merging: 0, uploading: 0, verifying: 0 };
  known.forEach(([stage, atMs], index) => {
    const nextMs = known[index + 1]?.[1] ?? endedAt ?? atMs;
    times[stage] = Math.max(0, nextMs - atMs);
  });
  return times;
}

function earliest(...times: (number | null)[]): number | null {
  const known = times.filter((time) => time !== null);
  return known.length > 0 ? Math.min(...known) : null;
}
