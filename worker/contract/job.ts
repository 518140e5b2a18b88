/** The life of a job as data: statuses, stages and the moves between them. Imports zod only. */
import { z } from 'zod';

export const JobKind = z.enum(['import', 'metadata', 'basic_metadata', 'store']);
export type JobKind = z.infer<typeof JobKind>;

export const JobStatus = z.enum(['queued', 'processing', 'completed', 'failed', 'canceled']);
export type JobStatus = z.infer<typeof JobStatus>;

/** What a processing job is busy with. */
export const JobStage = z.enum(['resolving', 'downloading', 'merging', 'uploading', 'verifying']);
export type JobStage = z.infer<typeof JobStage>;

/** Every legal move of a job. `processing → queued` is a retry or an attempt that was never delivered. */
export const LEGAL_TRANSITIONS: Record<JobStatus, readonly JobStatus[]> = {
  queued: ['processing', 'canceled'],
  processing: ['queued', 'completed', 'failed', 'canceled'],
  completed: [],
  failed: [],
  canceled: [],
};

/** The statuses from which a job may move to `target`. */
export function statusesBefore(target: JobStatus): JobStatus[] {
  return JobStatus.options.filter((status) => LEGAL_TRANSITIONS[status].includes(target));
}

/** True for a status that no move leaves. */
export function isTerminal(status: JobStatus): boolean {
  return LEGAL_TRANSITIONS[status].length === 0;
}

/** How one attempt ended; null while it lives. */
export const AttemptOutcome = z.enum([
  'completed',
  'failed',
  'canceled',
  'undelivered',
  'handed_back',
  'expired',
]);
export type AttemptOutcome = z.infer<typeof AttemptOutcome>;

/** Which way the bytes came: read from the URL itself, through yt-dlp, or from where an import had stored them. */
export const SourceWay = z.enum(['direct', 'ytdlp', 'stored']);
export type SourceWay = z.infer<typeof SourceWay>;
