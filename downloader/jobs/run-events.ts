/** The two events that the downloader logs for each attempt. */
import type { Failure } from '../../worker/contract/failure.ts';
import type { Log } from '../../worker/contract/log.ts';
import type { SourceWay } from '../../worker/contract/job.ts';
import type { RunningJob } from './job-registry.ts';

/** How a run ended: `handed_back` and `stale` cost the job nothing here, since another attempt runs or will run. */
export type RunOutcome = 'completed' | 'failed' | 'canceled' | 'handed_back' | 'stale';

const OUTCOMES: Partial<Record<Failure['code'], RunOutcome>> = {
  canceled: 'canceled',
  downloader_draining: 'handed_back',
  source_is_page: 'handed_back',
  stale: 'stale',
};

/** The outcome that a failure means; null is a completed run. */
export function outcomeOf(failure: Failure | null): RunOutcome {
  return failure ? (OUTCOMES[failure.code] ?? 'failed') : 'completed';
}

/** `lost`: the Worker did not answer before the end of the lease. `none`: a stale attempt sends no report. */
export interface Delivery {
  report: 'delivered' | 'lost' | 'none';
  /** Why the report was lost. */
  error?: string;
}

/** Logs `run.started`. */
export function logRunStarted(log: Log, { command }: RunningJob): void {
  const { jobId, attempt, slot, kind, source } = command;
  // The name of the host alone: path and query of a source may be secret.
  const sourceHost = kind === 'store' ? undefined : new URL(source.url).hostname;
  log.info('run.started', { jobId, attempt, slot, kind, sourceHost });
}

/** Logs `run.ended`, after the final report. */
export function logRunEnded(
  log: Log,
  { command, traffic, stageMs }: RunningJob,
  end: Delivery & { failure: Failure | null; way: SourceWay | undefined },
): void {
  const { jobId, attempt, slot, kind } = command;
  const { failure, way, ...delivery } = end;
  const outcome = outcomeOf(failure);
  const times = Object.entries(stageMs()).map(([stage, ms]) => [`${stage}Ms`, ms]);
  const facts = { ...traffic, ...Object.fromEntries(times), ...delivery };
  log.info('run.ended', { jobId, attempt, slot, kind, outcome, code: failure?.code, way, ...facts });
}
