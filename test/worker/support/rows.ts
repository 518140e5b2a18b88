/** Builders of rows. Every test creates its own workspace, so that the tests of a file do not affect each other. */
import type { Ctx } from '../../../worker/context.ts';
import type { JobRow, PlacementRow } from '../../../worker/db/rows.ts';
import { artifacts, placements } from '../../../worker/db/tables/artifacts.ts';
import { jobs } from '../../../worker/db/tables/jobs.ts';
import { workspaces } from '../../../worker/db/tables/workspaces.ts';

/** Creates a workspace that may run many jobs at once. Returns its id. */
export async function makeWorkspace(
  ctx: Ctx,
  values: Partial<typeof workspaces.$inferInsert> = {},
): Promise<string> {
  const id = values.id ?? ctx.newId();
  await ctx.db
    .insert(workspaces)
    .values({ name: 'test', maxConcurrent: 100, createdAt: ctx.now(), ...values, id });
  return id;
}

/** Creates a job: by default queued, due, and in a new workspace. A downloader has accepted a processing one. */
export async function makeJob(ctx: Ctx, values: Partial<typeof jobs.$inferInsert> = {}): Promise<JobRow> {
  const workspaceId = values.workspaceId ?? (await makeWorkspace(ctx));
  const processing =
    values.status === 'processing'
      ? {
          attempt: 1,
          slot: 'slot-0',
          leaseUntil: ctx.now() + 60_000,
          claimedAt: ctx.now(),
          acceptedAt: ctx.now(),
        }
      : {};
  const [job] = await ctx.db
    .insert(jobs)
    .values({
      id: ctx.newId(),
      kind: 'import',
      status: 'queued',
      request: { url: 'https://media.example/clip.mp4' },
      runAfter: ctx.now(),
      createdAt: ctx.now(),
      ...processing,
      ...values,
      workspaceId,
    })
    .returning();
  return job!;
}

/** Creates a media artifact of the job's current attempt with one placement, by default stored in service storage. */
export async function makePlacement(
  ctx: Ctx,
  job: JobRow,
  values: Partial<typeof placements.$inferInsert> = {},
  sizeBytes = 1000,
): Promise<PlacementRow> {
  const artifactId = values.artifactId ?? (await makeArtifact(ctx, job, sizeBytes));
  const [placement] = await ctx.db
    .insert(placements)
    .values({
      id: ctx.newId(),
      jobId: job.id,
      attempt: job.attempt,
      status: 'stored',
      kind: 'single',
      partSizeBytes: 8 * 1024 * 1024,
      bucket: 'media',
      key: `${job.workspaceId}/${job.id}/${job.attempt}/clip.mp4`,
      createdAt: ctx.now(),
      storedAt: ctx.now(),
      via: values.destinationId ? 's3' : 'relay',
      isLeft: job.status !== 'processing',
      ...values,
      artifactId,
    })
    .returning();
  return placement!;
}

async function makeArtifact(ctx: Ctx, job: JobRow, sizeBytes: number): Promise<string> {
  const id = ctx.newId();
  await ctx.db.insert(artifacts).values({
    id,
    jobId: job.id,
    attempt: job.attempt,
    role: 'media',
    title: 'clip',
    extension: 'mp4',
    contentType: 'video/mp4',
    sizeBytes,
    createdAt: ctx.now(),
  });
  return id;
}
