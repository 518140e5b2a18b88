/** Counts the bytes of one attempt, and the time that it spends in each stage. */
import type { JobStage } from '../../worker/contract/job.ts';
import type { Progress, Traffic } from '../job-context.ts';

export interface RunMeasures {
  /** Setting its stage starts the clock of that stage. */
  progress: Progress;
  traffic: Traffic;
  /** Milliseconds in each stage until now, without stages that never began. */
  stageMs: () => Partial<Record<JobStage, number>>;
}

/** Starts with the first stage. `now` is in milliseconds, by default of a clock that never jumps. */
export function measureRun(now: () => number = () => performance.now()): RunMeasures {
  const spentMs = new Map<JobStage, number>();
  let stage: JobStage = 'resolving';
  let sinceMs = now();
  const enter = (next: JobStage) => {
    const atMs = now();
    spentMs.set(stage, (spentMs.get(stage) ?? 0) + atMs - sinceMs);
    stage = next;
    sinceMs = atMs;
  };
  const progress: Progress = {
    get stage() {
      return stage;
    },
    set stage(next) {
      enter(next);
    },
    bytesDone: 0,
    bytesTotal: null,
  };
  const stageMs = () => {
    enter(stage);
    return Object.fromEntries([...spentMs].map(([name, ms]) => [name, Math.round(ms)]));
  };
  return { progress, traffic: { bytesIn: 0, bytesOut: 0 }, stageMs };
}
