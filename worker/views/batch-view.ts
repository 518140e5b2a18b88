/** Turns the rows of batches and their items into their public shapes. */
import type { BatchItem, BatchView } from '../contract/api/batches/batch-view.ts';
import { isTerminal } from '../contract/job.ts';
import type { BatchDetails, JobRow } from '../db/rows.ts';
import { errorOf, iso, isoOrNull } from './import-view.ts';
import { toImportSummary } from './import-summary.ts';

/** The batch with its number of items in each state. */
export function toBatchView(details: BatchDetails): BatchView {
  const { batch, playlistJob } = details;
  const { queued, processing, completed, failed, canceled } = batch;
  const counts = { queued, processing, completed, failed, canceled };
  const status = statusOf(details);
  const total = queued + processing + completed + failed + canceled;
  return {
    batchId: batch.id,
    status,
    message: MESSAGES[status](total, failed),
    total,
    counts,
    playlist: batch.playlist && {
      ...batch.playlist,
      ...(typeof playlistJob?.title === 'string' && { title: playlistJob.title }),
      entriesFound: batch.entriesFound,
    },
    error: playlistJob && errorOf(playlistJob),
    retryOf: batch.retryOf,
    createdAt: iso(batch.createdAt),
    finishedAt: isoOrNull(batch.finishedAt),
  };
}

/** The item with its place in the batch. */
export function toBatchItem(job: JobRow): BatchItem {
  return { index: job.batchIndex ?? 0, ...toImportSummary(job) };
}

function statusOf({ batch, playlistJob }: BatchDetails): BatchView['status'] {
  if (playlistJob && !isTerminal(playlistJob.status)) return 'reading';
  if (batch.finishedAt === null) return 'processing';
  if (batch.cancelRequestedAt !== null) return 'canceled';
  return playlistJob?.status === 'failed' ? 'failed' : 'completed';
}

const MESSAGES: Record<BatchView['status'], (total: number, failed: number) => string> = {
  reading: () => 'The playlist is being read.',
  processing: (total) => `The imports of ${total} items have not all ended.`,
  completed: (total, failed) => `All ${total} imports have ended, ${failed} of them failed.`,
  failed: () => 'The playlist could not be read.',
  canceled: () => 'The batch was canceled.',
};
