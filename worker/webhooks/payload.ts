/** The body of a request to an endpoint, as the job is now: a repeated request has links that work. */
import { and, eq, isNull } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { FlatPayload, FullPayload } from '../contract/api/webhooks/payload.ts';
import type { ImportView, ImportViewOf } from '../contract/api/import-view.ts';
import { isTerminal, type JobKind } from '../contract/job.ts';
import { PROGRESS_EVENT, TEST_EVENT } from '../contract/webhook-event.ts';
import type { JobRow, WebhookDeliveryRow, WebhookEndpointRow } from '../db/rows.ts';
import { jobs } from '../db/tables/jobs.ts';
import { readDetails } from '../jobs/get-job.ts';
import { toImportView } from '../views/import-view.ts';

/** A credit is one US cent, so that the number agrees with `costInDollars` of the status. */
const MICRODOLLARS_PER_CREDIT = 10_000;

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
  const view = await viewOf(ctx, delivery);
  if (view === null) return null;
  const flat = view === 'test' ? TEST_PAYLOAD : flatPayload(view);
  if (format === 'flat') return JSON.stringify(flat);
  const data = view === 'test' ? TEST_PAYLOAD : view;
  const full: FullPayload = { type, timestamp: new Date(createdAt).toISOString(), data };
  return JSON.stringify(full);
}

async function viewOf(ctx: Ctx, { type, jobId }: WebhookDeliveryRow): Promise<ImportView | 'test' | null> {
  if (type === TEST_EVENT) return 'test';
  if (jobId === null) return null;
  const job = await ctx.db.query.jobs.findFirst({ where: and(eq(jobs.id, jobId), isNull(jobs.deletedAt)) });
  if (!job || (type === PROGRESS_EVENT && isTerminal(job.status))) return null;
  return VIEWS[job.kind](ctx, job);
}

/** How each kind of job shows itself to its receivers. */
const VIEWS: Record<JobKind, (ctx: Ctx, job: JobRow) => Promise<ImportView>> = {
  import: viewAsImport,
  store: viewAsImport,
};

async function viewAsImport(ctx: Ctx, job: JobRow): Promise<ImportView> {
  return toImportView(ctx, await readDetails(ctx, job));
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
    creditsUsed: Math.round(costInMicrodollars / MICRODOLLARS_PER_CREDIT),
    message: s3Storage ? `${ready} and uploaded to S3!` : `${ready}!`,
  };
}

function subjectOf(contentType: string): string {
  const [kind = ''] = contentType.split('/');
  return ['video', 'audio', 'image'].includes(kind) ? kind : 'file';
}
