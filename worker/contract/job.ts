/** Kinds, statuses and stages of jobs, and the transitions between statuses. Imports zod only. */
import { z } from 'zod';

/** What each kind means to the Worker is in `worker/jobs/kinds/`. */
export const JobKind = z.enum(['import', 'store', 'metadata', 'basic_metadata', 'playlist']);
export type JobKind = z.infer<typeof JobKind>;

/** Kinds that describe a source and store nothing. */
export type MetadataKind = Extract<JobKind, 'metadata' | 'basic_metadata'>;

export const JobStatus = z.enum(['queued', 'processing', 'completed', 'failed', 'canceled']);
export type JobStatus = z.infer<typeof JobStatus>;

/** What a processing job is doing. */
export const JobStage = z.enum(['resolving', 'downloading', 'merging', 'uploading', 'verifying']);
export type JobStage = z.infer<typeof JobStage>;

/** The statuses that may follow each status. `processing → queued` is a retry, or an attempt that no downloader received. */
const NEXT_STATUSES: Record<JobStatus, readonly JobStatus[]> = {
  queued: ['processing', 'canceled'],
  processing: ['queued', 'completed', 'failed', 'canceled'],
  completed: [],
  failed: [],
  canceled: [],
};

/** The statuses that `target` may follow. */
export function statusesBefore(target: JobStatus): JobStatus[] {
  return JobStatus.options.filter((status) => NEXT_STATUSES[status].includes(target));
}

/** The statuses that a job never leaves. */
export const TerminalStatus = JobStatus.extract(['completed', 'failed', 'canceled']);
export type TerminalStatus = z.infer<typeof TerminalStatus>;

/** True for a status that a job never leaves. */
export function isTerminal(status: JobStatus): status is TerminalStatus {
  return NEXT_STATUSES[status].length === 0;
}

/** How an attempt ended. */
export const AttemptOutcome = z.enum([
  'completed',
  'failed',
  'canceled',
  'undelivered',
  'handed_back',
  'expired',
]);
export type AttemptOutcome = z.infer<typeof AttemptOutcome>;

/** Where the bytes came from: the URL itself, yt-dlp, or the stored file of an import. */
export const SourceWay = z.enum(['direct', 'ytdlp', 'stored']);
export type SourceWay = z.infer<typeof SourceWay>;
