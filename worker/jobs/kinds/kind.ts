import type { Config } from '../../config.ts';
import type { Ctx } from '../../context.ts';
import type { HardStops } from '../../contract/choice/media-choice.ts';
import type { Command } from '../../contract/downloader/command.ts';
import type { TerminalStatus } from '../../contract/job.ts';
import type { JobEventType } from '../../contract/webhook-event.ts';
import type { JobRow } from '../../db/rows.ts';
import type { UploadRules } from '../../storage/uploads/upload-rules.ts';
import type { Bill } from '../../contract/cost.ts';
import type { EndStatement } from '../end/job-end.ts';

/** Everything that differs from one kind of job to another. */
export interface Kind {
  /** What the downloader does, and with which source. */
  command: (ctx: Ctx, job: JobRow) => Task | Promise<Task>;
  /** The import whose stored file the job reads, for kinds that read one. */
  importOf?: (job: JobRow) => string;
  /** Rules of its uploads. Without them, the job stores nothing: its result is a description of its source. */
  uploads?: UploadRules;
  /** Limits that the request sets for the file of an import, for kinds whose requests can set any. */
  stops?: (config: Config, job: JobRow) => HardStops | null;
  /** The bill of a completed job that stored this many bytes. */
  bill: (config: Config, bytes: number) => Bill;
  /** The events of each end. */
  events: Record<TerminalStatus, readonly KindEvent[]>;
  /** Whether its progress is announced as `import.progress`. */
  announcesProgress: boolean;
  /** The URL of a webhook that the request of the job names. */
  callbackUrl: (job: JobRow) => string | null;
  /** The batch that ends when its last job ends, for kinds whose jobs can belong to one. */
  batchOf?: (job: JobRow) => string | null;
  /** Rows that this kind adds to the batch that ends a job. */
  endStatements: readonly EndStatement[];
  /** Runs after a job has ended. Must not throw: the end is final. */
  afterEnd?: (ctx: Ctx, job: JobRow) => Promise<void>;
}

export interface KindEvent {
  type: JobEventType;
  /** The id of the job that it is about. Default: the job that ended. */
  subject?: (job: JobRow) => string;
}

type TaskOf<Each> = Each extends Command
  ? Pick<Each, Extract<keyof Each, 'kind' | 'source' | 'choice' | 'filter' | 'secondaries'>>
  : never;

/** The members of a command that depend on the kind of job. */
export type Task = TaskOf<Command>;
