/** What a provider's answers teach about a destination is kept on its row, so that it is asked once. */
import { and, eq, sql } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import type { DestinationRow } from '../../db/rows.ts';
import type { LearnedFacts } from '../../db/destination-columns.ts';
import { destinations } from '../../db/tables/destinations.ts';
import { ownValue } from '../../own-value.ts';
import { warnJob } from '../../attempts/job-warnings.ts';
import type { Lesson } from '../s3/corrections.ts';

type Learner = Pick<DestinationRow, 'id' | 'updatedAt' | 'region' | 'learned'>;

/**
 * Adds facts to those that are known, and returns the row as it is then. Undefined when the settings were saved since the
 * row was read: the facts may not hold for the new ones, and are dropped.
 */
export async function recordFacts(
  ctx: Ctx,
  { id, updatedAt }: Learner,
  facts: LearnedFacts,
): Promise<DestinationRow | undefined> {
  const [row] = await ctx.db
    .update(destinations)
    .set({ learned: sql`json_patch(coalesce(${destinations.learned}, '{}'), ${JSON.stringify(facts)})` })
    .where(and(eq(destinations.id, id), eq(destinations.updatedAt, updatedAt)))
    .returning();
  return row;
}

/** Keeps what the beginning of an upload taught, and tells the job's owner what to change. */
export async function recordUploadFacts(
  ctx: Ctx,
  destination: Learner,
  { jobId, bucket }: { jobId: string; bucket: string },
  { region, wasWrong, droppedHeaders }: Lesson,
): Promise<void> {
  const known = destination.learned ?? {};
  if (wasWrong) {
    ctx.log.info('storage.region_corrected', { destinationId: destination.id, bucket, region });
    await warnJob(ctx, {
      jobId,
      warning: `Bucket ${bucket} is in region ${region}: set it in the storage settings.`,
    });
  }
  if (ownValue(known.regions, bucket) === region && droppedHeaders.length === 0) return;
  const unsupportedHeaders = [...new Set([...(known.unsupportedHeaders ?? []), ...droppedHeaders])];
  await recordFacts(ctx, destination, {
    regions: { [bucket]: region },
    ...(droppedHeaders.length > 0 && { unsupportedHeaders }),
    ...(droppedHeaders.some((name) => name.startsWith('x-amz-checksum-')) && { checksCrc32: false }),
  });
}

/** Tells a job's owner which of the settings its object is stored without. */
export async function warnOmitted(ctx: Ctx, jobId: string, omittedHeaders: string[]): Promise<void> {
  for (const name of omittedHeaders)
    await warnJob(ctx, {
      jobId,
      warning: `The storage does not take ${name}: the object is stored without it.`,
    });
}
