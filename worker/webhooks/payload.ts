/** The body of a request to an endpoint, as the job is now: a repeated request has links that work. */
import { and, eq, isNull } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { FlatPayload, FullPayload } from '../contract/api/webhooks/payload.ts';
import type { ImportView, ImportViewOf } from '../contract/api/import-view.ts';
import type { BasicMetadataView, MetadataView } from '../contract/api/metadata/view.ts';
import { findBatch } from '../batches/find-batch.ts';
import type { BatchView } from '../contract/api/batches/batch-view.ts';
import { isTerminal, type JobKind } from '../contract/job.ts';
import { BATCH_EVENT, PROGRESS_EVENT, TEST_EVENT } from '../contract/webhook-event.ts';
import type { JobRow, WebhookDeliveryRow, WebhookEndpointRow } from '../db/rows.ts';
import { jobs } from '../db/tables/jobs.ts';
import { readDetails } from '../jobs/details/get-job.ts';
import { readMetadata } from '../jobs/metadata/get-metadata.ts';
import { toImportView } from '../views/import-view.ts';
import { toBatchView } from '../views/batch-view.ts';
import { toBasicMetadataView, toMetadataView } from '../views/metadata-view.ts';
import { creditsOf } from '../views/money.ts';

/** A job that never existed. */
const TEST_PAYLOAD: FlatPayload = {
  jobId: '00000000-0000-0000-0000-000000000000',
  status: 'test',
  mediaUrl: null,
  creditsUsed: 0,
  message: 'This is a test event.',
};

/** The body as text; null when the job was deleted, or when it has ended and the event is about its progress. */
export async function payloadOf(
  ctx: Ctx,
  delivery: WebhookDeliveryRow,
  format: WebhookEndpointRow['format'],
): Promise<string | null> {
  const { type, createdAt } = delivery;
  const told = await toldOf(ctx, delivery);
  if (told === null) return null;
  if (format === 'flat') return JSON.stringify(told.flat);
  const full: FullPayload = { type, timestamp: new Date(createdAt).toISOString(), data: told.data };
  return JSON.stringify(full);
}

/** What an event says, in both forms. */
interface Told {
  flat: FlatPayload | BatchView;
  data: FullPayload['data'];
}

async function toldOf(ctx: Ctx, delivery: WebhookDeliveryRow): Promise<Told | null> {
  const { type, jobId } = delivery;
  if (type === TEST_EVENT) return { flat: TEST_PAYLOAD, data: TEST_PAYLOAD };
  if (jobId === null) return null;
  if (type === BATCH_EVENT) return tellBatch(ctx, delivery, jobId);
  const job = await ctx.db.query.jobs.findFirst({ where: and(eq(jobs.id, jobId), isNull(jobs.deletedAt)) });
  if (!job || (type === PROGRESS_EVENT && isTerminal(job.status))) return null;
  return TELL[job.kind](ctx, job);
}

/** How each kind of job shows itself to its receivers. */
const TELL: Record<JobKind, (ctx: Ctx, job: JobRow) => Promise<Told | null>> = {
  // Its batch is announced.
  playlist: async () => null,
  import: tellImport,
  store: tellImport,
  metadata: async (ctx, job) => {
    const data = toMetadataView(ctx.config, await readMetadata(ctx, job));
    return { flat: flatMetadata(data), data };
  },
  basic_metadata: async (ctx, job) => {
    const data = toBasicMetadataView(await readMetadata(ctx, job));
    return { flat: flatMetadata(data), data };
  },
};

async function tellImport(ctx: Ctx, job: JobRow): Promise<Told> {
  const data = await toImportView(ctx, await readDetails(ctx, job));
  return { flat: flatPayload(data), data };
}

/** Both forms are the same: Importly has no batches. */
async function tellBatch(ctx: Ctx, { workspaceId }: WebhookDeliveryRow, batchId: string): Promise<Told> {
  const data = toBatchView(await findBatch(ctx, { workspaceId, batchId }));
  return { flat: data, data };
}

/** Importly's object for metadata, which has no file. */
function flatMetadata(view: MetadataView | BasicMetadataView): FlatPayload {
  const { jobId, status } = view;
  const common = { jobId, status, mediaUrl: null };
  if (view.status === 'completed')
    return { ...common, creditsUsed: creditsOf(view.costInMicrodollars), message: 'Your metadata is ready!' };
  const message = view.status === 'processing' ? 'The source is being read.' : view.message;
  return { ...common, creditsUsed: 0, message };
}

/** The object that Importly sends, with its members in the same order. */
export function flatPayload(view: ImportView): FlatPayload {
  if (view.status === 'completed') return completedPayload(view);
  const { jobId, status } = view;
  const message = view.status === 'processing' ? progressOf(view) : view.message;
  return { jobId, status, mediaUrl: null, creditsUsed: 0, message };
}

function progressOf({ stage, percent }: ImportViewOf<'processing'>): string {
  return percent === null ? `The import is ${stage}.` : `The import is ${stage}: ${percent} %.`;
}

function completedPayload({
  jobId,
  status,
  mediaUrl,
  s3Storage,
  media,
  costInMicrodollars,
}: ImportViewOf<'completed'>): FlatPayload {
  const ready = `Your ${subjectOf(media.contentType)} is ready`;
  return {
    jobId,
    status,
    mediaUrl,
    ...(s3Storage && { s3Storage }),
    creditsUsed: creditsOf(costInMicrodollars),
    message: s3Storage ? `${ready} and uploaded to S3!` : `${ready}!`,
  };
}

function subjectOf(contentType: string): string {
  const [kind = ''] = contentType.split('/');
  return ['video', 'audio', 'image'].includes(kind) ? kind : 'file';
}
