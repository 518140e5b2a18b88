/** Builders for tests of transfers: finished imports, destinations that nobody contacts, and their store jobs. */
import { and, eq } from 'drizzle-orm';
import type { AttemptRef } from '../../../worker/attempts/attempt-token.ts';
import type { Ctx } from '../../../worker/context.ts';
import type { ImportRequest } from '../../../worker/contract/api/import-request.ts';
import type { DestinationRow, JobRow } from '../../../worker/db/rows.ts';
import { artifacts } from '../../../worker/db/tables/artifacts.ts';
import { destinations } from '../../../worker/db/tables/destinations.ts';
import { jobs } from '../../../worker/db/tables/jobs.ts';
import { transfers } from '../../../worker/db/tables/transfers.ts';
import { claimNext } from '../../../worker/jobs/claim-next.ts';
import { completeJob } from '../../../worker/jobs/complete-job.ts';
import { failJob } from '../../../worker/jobs/fail-job.ts';
import type { Code } from '../../../worker/contract/codes.ts';
import { makeClaimed, refOf } from '../support/claimed.ts';
import { makePlacement } from '../support/rows.ts';

/** For a context without a network. */
export const OFFLINE = { fetch: () => Promise.reject(new TypeError('these tests have no network')) };

export const DAY_MS = 24 * 3600_000;
export const FACTS = {
  container: 'mp4',
  durationSeconds: 1,
  width: 16,
  height: 16,
  videoCodec: 'h264',
  audioCodec: null,
};

/** A destination, the default one unless `values` say otherwise. Its credentials cannot be decrypted. */
export async function makeDestination(
  ctx: Ctx,
  workspaceId: string,
  values: Partial<DestinationRow> = {},
): Promise<DestinationRow> {
  const [row] = await ctx.db
    .insert(destinations)
    .values({
      id: ctx.newId(),
      workspaceId,
      name: 'default',
      isDefault: true,
      endpoint: 'https://s3.invalid',
      region: 'us-east-1',
      bucket: 'bucket',
      accessKeyId: '',
      secretAccessKey: '',
      accessKeyIdLastFour: 'last',
      createdAt: ctx.now(),
      updatedAt: ctx.now(),
      ...values,
    })
    .returning();
  return row!;
}

/** A completed import with its file in service storage. `refusedBy` is the destination that refused it. */
export async function makeImported(
  ctx: Ctx,
  {
    workspaceId,
    refusedBy,
    request = {},
  }: { workspaceId: string; refusedBy?: string; request?: Partial<ImportRequest> },
): Promise<JobRow> {
  const url = 'https://media.example/clip.mp4';
  const { job, ref } = await makeClaimed(ctx, {
    workspaceId,
    request: { url, store: true, ...request },
    startedAt: ctx.now(),
  });
  const expiresAt = ctx.now() + 30 * DAY_MS;
  const { artifactId } = await makePlacement(ctx, job, { expiresAt });
  await describe(ctx, artifactId);
  if (refusedBy !== undefined) {
    const refusal = {
      destinationId: refusedBy,
      status: 'aborted',
      errorCode: 'storage_unavailable',
    } as const;
    await makePlacement(ctx, job, { artifactId, ...refusal });
  }
  await completeJob(ctx, { ref, report: { warnings: [] } });
  return (await readJob(ctx, job.id))!;
}

/** Sets the columns that a complete file has. */
async function describe(ctx: Ctx, artifactId: string): Promise<void> {
  const known = { crc32: 'AAAAAA==', sha256: 'a'.repeat(64), facts: FACTS };
  await ctx.db.update(artifacts).set(known).where(eq(artifacts.id, artifactId));
}

export function readJob(ctx: Ctx, id: string): Promise<JobRow | undefined> {
  return ctx.db.query.jobs.findFirst({ where: eq(jobs.id, id) });
}

export async function transferOf(ctx: Ctx, importId: string, destinationId?: string) {
  const [row] = await ctx.db
    .select()
    .from(transfers)
    .where(
      and(
        eq(transfers.importId, importId),
        destinationId === undefined ? undefined : eq(transfers.destinationId, destinationId),
      ),
    );
  return row;
}

export function storesOf(ctx: Ctx, importId: string): Promise<JobRow[]> {
  return ctx.db.query.jobs.findMany({ where: eq(jobs.storeOf, importId) });
}

/** Claims the next due job, which must be a store job, and returns it with its attempt. */
export async function claimStore(ctx: Ctx): Promise<{ job: JobRow; ref: AttemptRef }> {
  const job = await claimNext(ctx, { slot: 'slot-0' });
  if (job?.kind !== 'store') throw new Error('no store job was due');
  return { job, ref: refOf(job) };
}

/** Claims the next store job and reports that it stored the file. */
export async function succeed(ctx: Ctx, destinationId: string, key = 'clip.mp4'): Promise<JobRow> {
  const { job, ref } = await claimStore(ctx);
  const url = `https://bucket.example/${key}`;
  const { artifactId } = await makePlacement(ctx, job, { destinationId, bucket: 'bucket', key, url });
  await describe(ctx, artifactId);
  await completeJob(ctx, { ref, report: { warnings: [] } });
  return (await readJob(ctx, job.id))!;
}

/** Claims the next store job and reports a permanent failure. */
export async function fail(ctx: Ctx, code: Code = 'storage_access_denied'): Promise<JobRow> {
  const { job, ref } = await claimStore(ctx);
  await failJob(ctx, { ref, report: { failure: { code }, source: null } });
  return (await readJob(ctx, job.id))!;
}
