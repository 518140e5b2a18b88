/** Reads artifacts and placements of one attempt. */
import { and, desc, eq, inArray } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import type { ArtifactRole } from '../../contract/media.ts';
import type { UploadPlan } from '../../contract/downloader/upload-plan.ts';
import type { ArtifactRow, LiveAttempt, PlacementRow } from '../../db/rows.ts';
import { artifacts, placements } from '../../db/tables/artifacts.ts';
import { isArtifactOfPlacement, isPlacement, isPlacementOf } from '../../db/upload-keys.ts';
import { AppError } from '../../errors.ts';

/** Parts that a plan allows at once: as many as a downloader reads connections of a distant source. */
const CONCURRENCY = 6;
/** The same through the Worker: four fill a connection, and workerd stays below 350 MiB. */
const RELAYED_CONCURRENCY = 4;

/** A placement and the artifact that it belongs to. */
export interface Upload {
  artifact: ArtifactRow;
  placement: PlacementRow;
}

/** A placement of this attempt. AppError `not_found` for any other. */
export async function findUpload(
  ctx: Ctx,
  { live: { job, attempt }, placementId }: { live: LiveAttempt; placementId: string },
): Promise<Upload> {
  const [row] = await ctx.db
    .select({ artifact: artifacts, placement: placements })
    .from(placements)
    .innerJoin(artifacts, isArtifactOfPlacement())
    .where(isPlacement({ jobId: job.id, attempt, id: placementId }));
  if (!row) throw new AppError('not_found', 'This attempt has no such upload.');
  return row;
}

/**
 * Statements for a batch: the attempt's artifact of a role, and its primary uploads, the newest first. They are two, because
 * a batch of D1 merges columns of the same name.
 */
export function selectArtifact(
  ctx: Ctx,
  { live: { job, attempt }, role }: { live: LiveAttempt; role: ArtifactRole },
) {
  const isThis = and(eq(artifacts.jobId, job.id), eq(artifacts.attempt, attempt), eq(artifacts.role, role));
  const ids = ctx.db.select({ id: artifacts.id }).from(artifacts).where(isThis);
  return [
    ctx.db.select().from(artifacts).where(isThis),
    ctx.db
      .select()
      .from(placements)
      .where(
        and(
          eq(placements.jobId, job.id),
          eq(placements.attempt, attempt),
          inArray(placements.artifactId, ids),
          eq(placements.isSecondary, false),
        ),
      )
      .orderBy(desc(placements.createdAt), desc(placements.id)),
  ] as const;
}

/** The primary uploads of an artifact, the newest first. */
export function listPlacements(ctx: Ctx, artifact: ArtifactRow): Promise<PlacementRow[]> {
  return listUploads(ctx, artifact, false);
}

/** The secondary uploads of an artifact, the newest first. */
export function listSecondaries(ctx: Ctx, artifact: ArtifactRow): Promise<PlacementRow[]> {
  return listUploads(ctx, artifact, true);
}

function listUploads(ctx: Ctx, artifact: ArtifactRow, isSecondary: boolean): Promise<PlacementRow[]> {
  return ctx.db.query.placements.findMany({
    where: and(isPlacementOf(artifact), eq(placements.isSecondary, isSecondary)),
    orderBy: [desc(placements.createdAt), desc(placements.id)],
  });
}

/** The placement that is in progress or stored, and not given up. */
export function currentOf(rows: PlacementRow[]): PlacementRow | undefined {
  return rows.find((row) => isOpen(row) || (row.status === 'stored' && row.errorCode === null));
}

/** True while parts may be sent. An upload that was given up has an error until it is removed. */
export function isOpen({ status, errorCode }: PlacementRow): boolean {
  return (status === 'open' || status === 'completing') && errorCode === null;
}

/** The plan of a placement, as the downloader reads it. */
export function toUploadPlan(
  row: Pick<PlacementRow, 'id' | 'kind' | 'partSizeBytes' | 'digest' | 'via'>,
): UploadPlan {
  const { id, kind, partSizeBytes, digest } = row;
  const storage = row.via === 's3' ? 'destination' : 'service';
  const inParts = row.via === 'relay' ? RELAYED_CONCURRENCY : CONCURRENCY;
  const concurrency = kind === 'single' ? 1 : inParts;
  return { placementId: id, kind, storage, partSizeBytes, concurrency, digest };
}
