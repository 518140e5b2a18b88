/** Turns the row of a metadata job into its public shapes. */
import type { Config } from '../config.ts';
import type {
  BasicMetadataView,
  CompletedBasic,
  MetadataView,
  MetadataViewOf,
} from '../contract/api/metadata/view.ts';
import type { SourceMetadata } from '../contract/downloader/metadata.ts';
import type { MetadataKind } from '../contract/job.ts';
import type { JobRow } from '../db/rows.ts';
import { describeFormats } from './format-view.ts';
import { costOf, errorOf, iso, isoOrNull, sourceOf } from './import-view.ts';

/** How sentences name the request, in the words of Importly. */
export const METADATA_SUBJECTS = {
  metadata: 'Metadata',
  basic_metadata: 'Basic metadata',
} as const satisfies Record<MetadataKind, string>;
export type MetadataSubject = (typeof METADATA_SUBJECTS)[MetadataKind];

interface Details {
  job: JobRow;
  /** Since when no downloader answers while the job waits for one, in unix milliseconds. */
  noDownloaderSince: number | null;
}

/** The public shape of a metadata job. */
export function toMetadataView(config: Config, details: Details): MetadataView {
  const { job } = details;
  if (job.status !== 'completed') return toUnfinished(details);
  const metadata = resultOf(job);
  const { uploader, chapters } = metadata;
  return { ...toBasic(job, metadata), uploader, chapters, ...describeFormats(config, metadata) };
}

/** The same for basic metadata. */
export function toBasicMetadataView(details: Details): BasicMetadataView {
  const { job } = details;
  return job.status === 'completed' ? toBasic(job, resultOf(job)) : toUnfinished(details);
}

function resultOf({ id, metadata }: JobRow): SourceMetadata {
  if (metadata === null) throw new Error(`completed job ${id} has no result`);
  return metadata;
}

function toCommon({ id: jobId, createdAt, attempt }: JobRow) {
  return { jobId, createdAt: iso(createdAt), attempt };
}

function toBasic(job: JobRow, { title, durationSeconds, thumbnail }: SourceMetadata): CompletedBasic {
  return {
    ...toCommon(job),
    status: 'completed',
    startedAt: iso(job.startedAt),
    finishedAt: iso(job.finishedAt),
    title,
    duration: durationSeconds,
    thumbnail,
    ...costOf(job),
    source: sourceOf(job),
  };
}

type Unfinished = MetadataViewOf<'queued' | 'processing' | 'failed' | 'canceled'>;

function toUnfinished({ job, noDownloaderSince }: Details): Unfinished {
  const shared = { ...toCommon(job), startedAt: isoOrNull(job.startedAt) };
  const error = errorOf(job);
  if (job.status === 'queued') {
    const message = whyQueued(job, noDownloaderSince);
    const since = isoOrNull(noDownloaderSince);
    return { ...shared, status: 'queued', message, noDownloaderSince: since, lastError: error };
  }
  if (job.status === 'processing')
    return {
      ...shared,
      status: 'processing',
      startedAt: iso(job.startedAt),
      cancelRequestedAt: isoOrNull(job.cancelRequestedAt),
      lastError: error,
    };
  const ended = { ...shared, finishedAt: iso(job.finishedAt), ...costOf(job), source: sourceOf(job) };
  if (job.status === 'canceled')
    return { ...ended, status: 'canceled', message: `${subjectOf(job)} request canceled.` };
  if (error === null) throw new Error(`failed job ${job.id} has no error`);
  return { ...ended, status: 'failed', message: error.message, error };
}

function subjectOf({ kind }: JobRow): MetadataSubject {
  return METADATA_SUBJECTS[kind === 'basic_metadata' ? kind : 'metadata'];
}

function whyQueued(job: JobRow, noDownloaderSince: number | null): string {
  if (noDownloaderSince !== null)
    return `No downloader has answered since ${iso(noDownloaderSince)}. The request starts when one answers.`;
  return job.failures === 0
    ? `${subjectOf(job)} request queued.`
    : 'The request is waiting for its next attempt.';
}
