/** Turns the rows of an import into its public shape. */
import { hintAfterRetries } from '../contract/code-entry.ts';
import { failure, toPublicFailure, type PublicFailure } from '../contract/failure.ts';
import type { SiteTrouble } from '../contract/site-counts.ts';
import type { Ctx } from '../context.ts';
import type { JobDetails, JobRow } from '../db/rows.ts';
import { costInDollars } from './money.ts';
import { toChoice } from './choice-view.ts';
import { describeStorage } from './storage-view.ts';
import type { ImportView, ImportViewOf } from '../contract/api/import-view.ts';

/** The public shape of an import, with newly signed links. */
export async function toImportView(ctx: Ctx, details: JobDetails): Promise<ImportView> {
  switch (details.job.status) {
    case 'queued':
      return toQueued(details);
    case 'processing':
      return toProcessing(details.job);
    case 'completed':
      return toCompleted(ctx, details);
    case 'failed':
      return toFailed(details);
    case 'canceled':
      return { ...toEnded(details.job), status: 'canceled', message: 'Import canceled.' };
  }
}

function toCommon(job: JobRow) {
  const { id: jobId, attempt, storeOf, retryOf } = job;
  return {
    jobId,
    createdAt: iso(job.createdAt),
    attempt,
    ...(storeOf !== null && { storeOf }),
    ...(retryOf !== null && { retryOf }),
  };
}

function toQueued({ job, noDownloaderSince }: JobDetails): ImportViewOf<'queued'> {
  return {
    ...toCommon(job),
    status: 'queued',
    message: whyQueued(job, noDownloaderSince),
    noDownloaderSince: isoOrNull(noDownloaderSince),
    startedAt: isoOrNull(job.startedAt),
    lastError: errorOf(job),
  };
}

function whyQueued({ failures }: JobRow, noDownloaderSince: number | null): string {
  if (noDownloaderSince !== null)
    return `No downloader has answered since ${iso(noDownloaderSince)}. The import starts when one answers.`;
  return failures === 0 ? 'Import request queued.' : 'The import is waiting for its next attempt.';
}

function toProcessing(job: JobRow): ImportViewOf<'processing'> {
  return {
    ...toCommon(job),
    status: 'processing',
    startedAt: iso(job.startedAt),
    stage: job.stage ?? 'resolving',
    bytesDone: job.bytesDone,
    bytesTotal: job.bytesTotal,
    percent: percentOf(job.bytesDone, job.bytesTotal),
    cancelRequestedAt: isoOrNull(job.cancelRequestedAt),
    source: sourceOf(job),
    lastError: errorOf(job),
  };
}

async function toCompleted(ctx: Ctx, details: JobDetails): Promise<ImportViewOf<'completed'>> {
  const { job, artifact, placement } = details;
  // A job completes only with a stored placement, so these rows exist.
  if (!artifact || !placement || artifact.sizeBytes === null || artifact.crc32 === null || !artifact.facts) {
    throw new Error(`completed job ${job.id} has no stored file`);
  }
  const { durationSeconds, ...facts } = artifact.facts;
  const { mediaUrl, s3Storage, storage } = await describeStorage(ctx, details);
  return {
    ...toCommon(job),
    status: 'completed',
    startedAt: iso(job.startedAt),
    finishedAt: iso(job.finishedAt),
    mediaUrl,
    ...(s3Storage && { s3Storage }),
    title: artifact.title,
    duration: durationSeconds,
    fileSizeBytes: artifact.sizeBytes,
    ...costOf(job),
    checksum: { crc32: artifact.crc32, ...(artifact.sha256 !== null && { sha256: artifact.sha256 }) },
    storage,
    source: sourceOf(job),
    ...toChoice(job, artifact, artifact.facts),
    media: { contentType: artifact.contentType, ...facts },
    warnings: job.warnings ?? [],
  };
}

function toFailed({ job, siteTrouble }: JobDetails): ImportViewOf<'failed'> {
  const error = errorOf(job);
  if (error === null) throw new Error(`failed job ${job.id} has no error`);
  const hint = siteTrouble ? `${describeTrouble(siteTrouble)} ${error.hint}` : error.hint;
  return { ...toEnded(job), status: 'failed', message: error.message, error: { ...error, hint } };
}

function describeTrouble({ host, imports, completed }: SiteTrouble): string {
  return `In the last day, ${completed} of ${imports} imports from ${host} were completed: the site probably does not work for this service at the moment.`;
}

function toEnded(job: JobRow) {
  return {
    ...toCommon(job),
    startedAt: isoOrNull(job.startedAt),
    finishedAt: iso(job.finishedAt),
    ...costOf(job),
    source: sourceOf(job),
  };
}

/** The cost of a job; 0 until it ends. */
export function costOf(job: JobRow) {
  const microdollars = job.costMicrodollars ?? 0;
  return { costInDollars: costInDollars(microdollars), costInMicrodollars: microdollars };
}

/** How the source of a job was read; null until it is known. */
export function sourceOf({ sourceWay, sourceReason }: JobRow) {
  return sourceWay === null ? null : { way: sourceWay, reason: sourceReason ?? '' };
}

/** Why the job, or its last attempt, failed. */
export function errorOf({ errorCode, errorDetail, status }: JobRow): PublicFailure | null {
  if (errorCode === null) return null;
  const error = toPublicFailure(failure(errorCode, errorDetail ?? undefined));
  return status === 'failed' ? { ...error, hint: hintAfterRetries(error.hint) } : error;
}

/** Whole percent, rounded down so that 100 means complete. A source that sends more than it declared stays at 100. */
export function percentOf(bytesDone: number, bytesTotal: number | null): number | null {
  if (bytesTotal === null || bytesTotal === 0) return null;
  return Math.min(100, Math.floor((100 * bytesDone) / bytesTotal));
}

/** A time as clients read it. */
export function isoOrNull(time: number | null): string | null {
  return time === null ? null : iso(time);
}

/** The same for a time that is known. */
export function iso(time: number | null): string {
  if (time === null) throw new Error('the row lacks a time that its status implies');
  return new Date(time).toISOString();
}
