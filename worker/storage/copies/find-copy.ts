/** Where the file of an import can be read again. */
import { and, eq, or } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import type { ArtifactRow, DestinationRow, PlacementRow } from '../../db/rows.ts';
import { artifacts, placements } from '../../db/tables/artifacts.ts';
import { destinations } from '../../db/tables/destinations.ts';
import { jobs } from '../../db/tables/jobs.ts';

/** `destination` is null for the copy in service storage. */
export interface StoredCopy {
  placement: PlacementRow;
  destination: DestinationRow | null;
}

/**
 * A copy of the file of a completed import: the service's own, else one in a destination whose test has read an object
 * back. Null when there is none. Whether the object is still there only reading it tells.
 */
export async function findCopy(ctx: Ctx, importId: string): Promise<StoredCopy | null> {
  const copies = await ctx.db
    .select({ placement: placements, destination: destinations })
    .from(jobs)
    .innerJoin(placements, and(eq(placements.jobId, jobs.id), eq(placements.attempt, jobs.attempt)))
    .innerJoin(artifacts, and(eq(artifacts.id, placements.artifactId), eq(artifacts.role, 'media')))
    .leftJoin(destinations, eq(destinations.id, placements.destinationId))
    .where(
      and(
        or(eq(jobs.id, importId), eq(jobs.storeOf, importId)),
        eq(jobs.status, 'completed'),
        eq(placements.status, 'stored'),
      ),
    );
  const ours = copies.find(({ placement }) => isKept(ctx, placement));
  return ours ?? copies.find(({ destination }) => destination?.learned?.canGetObject === true) ?? null;
}

/** What a completed import stored, as it was verified then; undefined when the id is of no completed import. */
export async function findImportedFile(ctx: Ctx, importId: string): Promise<ArtifactRow | undefined> {
  const [row] = await ctx.db
    .select({ artifact: artifacts })
    .from(jobs)
    .innerJoin(artifacts, and(eq(artifacts.jobId, jobs.id), eq(artifacts.attempt, jobs.attempt)))
    .where(and(eq(jobs.id, importId), eq(jobs.status, 'completed'), eq(artifacts.role, 'media')));
  return row?.artifact;
}

function isKept(ctx: Ctx, { destinationId, expiresAt }: PlacementRow): boolean {
  return destinationId === null && (expiresAt === null || expiresAt > ctx.now());
}
