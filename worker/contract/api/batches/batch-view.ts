/** Batches and their items in answers of `/batches`. */
import { z } from 'zod';
import { PublicFailure } from '../../failure.ts';
import { JobStatus } from '../../job.ts';
import { ImportSummary } from '../import-list.ts';
import { pageLimit, pageCursor } from '../page-query.ts';
import { PlaylistSource } from './batch-request.ts';

const time = z.iso.datetime();
const count = z.int().min(0);

/** `reading`: the entries of its playlist are not known yet. `failed`: the playlist could not be read. */
export const BatchStatus = z.enum(['reading', 'processing', 'completed', 'failed', 'canceled']);

/** The number of items in each state. */
export const BatchCounts = z
  .strictObject({
    queued: count,
    processing: count,
    completed: count,
    failed: count,
    canceled: count,
  })
  .meta({ id: 'BatchCounts' });

export const BatchView = z
  .strictObject({
    batchId: z.uuid(),
    status: BatchStatus.meta({
      description:
        '`completed` when every item has ended, also if some of them failed. `canceled` when the batch was canceled and every item has ended.',
    }),
    message: z.string(),
    total: count.meta({ description: 'The number of items. 0 until a playlist is read.' }),
    counts: BatchCounts,
    playlist: PlaylistSource.extend({
      title: z.string().optional(),
      entriesFound: count.nullable().meta({
        description:
          'Entries that were read, of which the filters and maxEntries left `total`. Null until then.',
      }),
    })
      .nullable()
      .meta({ description: 'Null for a batch of URLs.' }),
    error: PublicFailure.nullable().meta({ description: 'Why the playlist could not be read.' }),
    retryOf: z
      .uuid()
      .nullable()
      .meta({ description: 'The batch whose failed items this one imports again.' }),
    createdAt: time,
    finishedAt: time.nullable(),
  })
  .meta({ id: 'Batch' });
export type BatchView = z.infer<typeof BatchView>;

export const BatchList = z
  .strictObject({
    batches: z.array(BatchView).meta({ description: 'The newest first.' }),
    nextCursor: z.string().nullable(),
  })
  .meta({ id: 'BatchList' });

/** An item is an import with its place in the batch. */
export const BatchItem = ImportSummary.extend({
  index: count.meta({ description: 'The place in the request or the playlist, from 0.' }),
}).meta({ id: 'BatchItem' });
export type BatchItem = z.infer<typeof BatchItem>;

export const BatchItemList = z
  .strictObject({
    items: z.array(BatchItem).meta({ description: 'In the order of the request or of the playlist.' }),
    nextCursor: z.string().nullable(),
  })
  .meta({ id: 'BatchItemList' });

export const BatchListQuery = z.strictObject({ limit: pageLimit, cursor: pageCursor });

export const BatchItemQuery = z.strictObject({
  limit: pageLimit,
  cursor: pageCursor,
  status: JobStatus.optional().meta({ description: 'Only items in this state.' }),
});

/** `POST /batches` and `POST /batches/{id}/retry`. */
export const BatchStarted = z
  .strictObject({
    batchId: z.uuid(),
    status: BatchStatus.extract(['reading', 'processing']),
    total: count.meta({ description: 'The number of items. 0 until a playlist is read.' }),
    message: z.string(),
  })
  .meta({ id: 'BatchStarted' });
