/** Types of the end of an attempt and of the end of a job. */
import type { SQL } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { Ctx } from '../../context.ts';
import type { Failure } from '../../contract/failure.ts';
import type { AttemptOutcome, TerminalStatus } from '../../contract/job.ts';
import type { JobEventType } from '../../contract/webhook-event.ts';
import type { SourceReport } from '../../contract/media.ts';
import type { JobRow } from '../../db/rows.ts';
import type { Charge } from '../../usage/charge.ts';
import type { Bill } from '../../contract/cost.ts';

/** How an attempt ended. `failure` and `source` are also written to the job. */
export interface AttemptEnd {
  outcome: AttemptOutcome;
  failure?: Failure | undefined;
  source?: SourceReport | null | undefined;
}

/** An event that the end of a job causes, and the job that it is about. */
export interface JobEvent {
  id: string;
  type: JobEventType;
  jobId: string;
}

/** The end of a job, as the statements see it that add rows to the batch of the end. */
export interface JobEnd {
  /** The job as it was before its end. */
  job: JobRow;
  status: TerminalStatus;
  attemptEnd: AttemptEnd;
  bill: Bill;
  /** What the workspace pays of the bill. */
  charge: Charge;
  events: readonly JobEvent[];
  /** Of the file of a completed job. */
  title: string | null;
  /** The attempt had no upload beside the one that is stored, so none was refused. */
  isOnlyUpload: boolean;
  /** Selects the row of the job in the batch, and nothing when the guard of the end did not hold. */
  isEnded: SQL | undefined;
}

/**
 * A statement for the batch that ends a job, or null when this end needs none. It must change nothing unless
 * `isEnded` selects the job: a guard that does not hold does not stop the batch.
 */
export type EndStatement = (ctx: Ctx, end: JobEnd) => BatchItem<'sqlite'> | null;
