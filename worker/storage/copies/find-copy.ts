/** Finds the files of completed imports, and copies of them that can be read. */
import { and, eq, or } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import type { ArtifactRole } from '../../contract/media.ts';
import type { ArtifactRow, DestinationRow, PlacementRow } from '../../db/rows.ts';
import { artifacts, placements } from '../../db/tables/artifacts.ts';
import { destinations } from '../../db/tables/destinations.ts';
import { jobs } from '../../db/tables/jobs.ts';
import { isArtifactOfPlacement } from '../../db/upload-keys.ts';

/** Names one of the files of an import. */
export interface ImportedFileRef {
  importId: string;
  role: ArtifactRole;
}

/** `destination` is null for the copy in service storage. */
export interface StoredCopy {
  placement: PlacementRow;
  destination: DestinationRow | null;
}

/**
 * A copy of a file of a completed import: the one in service storage, else one in a destination that lets us read objects.
 * Null when there is none. The object may have been deleted since; only reading it shows that.
 */
export async function findCopy(ctx: Ctx, { importId, role }: ImportedFileRef): Promise<StoredCopy | null> {
  const copies = await ctx.db
    .select({ placement: placements, destination: destinations })
    .from(jobs)
    .innerJoin(placements, and(eq(placements.jobId, jobs.id), eq(placements.attempt, jobs.attempt)))
    .innerJoin(artifacts, and(isArtifactOfPlacement(), eq(artifacts.role, role)))
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

/** A file of a completed import, as it was verified then; undefined when there is none. */
export async function findImportedFile(
  ctx: Ctx,
  { importId, role }: ImportedFileRef,
): Promise<ArtifactRow | undefined> {
  const [row] = await ctx.db
    .select({ artifact: artifacts })
    .from(jobs)
    .innerJoin(artifacts, and(eq(artifacts.jobId, jobs.id), eq(artifacts.attempt, jobs.attempt)))
    .where(and(eq(jobs.id, importId), eq(jobs.status, 'completed'), eq(artifacts.role, role)));
  return row?.artifact;
}

function isKept(ctx: Ctx, { destinationId, expiresAt }: PlacementRow): boolean {
  return destinationId === null && (expiresAt === null || expiresAt > ctx.now());
}
