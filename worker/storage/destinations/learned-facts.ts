/** Stores what the answers of a provider teach about a destination in its row, so that nothing is tried twice. */
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
 * Adds facts to the known ones and returns the new row. Returns undefined and changes nothing when the settings were
 * saved since the row was read, because the facts may be wrong for the new settings.
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

/** Stores what the start of an upload taught, and adds warnings about wrong settings to the job. */
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
      warning: `Bucket ${bucket} is in region ${region}: set this region in the storage settings.`,
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

/** Adds a warning to the job for each header that its object is stored without. */
export async function warnOmitted(ctx: Ctx, jobId: string, omittedHeaders: string[]): Promise<void> {
  for (const name of omittedHeaders)
    await warnJob(ctx, {
      jobId,
      warning: `The storage does not support ${name}: the object is stored without it.`,
    });
}
