/** Reads of artifacts and placements, always within one attempt. */
import { and, desc, eq, inArray, isNull } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import type { ArtifactRole } from '../../contract/media.ts';
import type { UploadPlan } from '../../contract/downloader/upload-plan.ts';
import type { ArtifactRow, LiveAttempt, PlacementRow } from '../../db/rows.ts';
import { artifacts, placements } from '../../db/tables/artifacts.ts';
import { AppError } from '../../errors.ts';

/** Part PUTs that a plan asks for at once: four keep a line busy, and workerd below 350 MiB. */
const CONCURRENCY = 4;

/** What an attempt uploads, and one place it goes to. */
export interface Upload {
  artifact: ArtifactRow;
  placement: PlacementRow;
}

/** A placement of this attempt with its artifact; AppError `not_found` for any other. */
export async function findUpload(
  ctx: Ctx,
  { job, attempt }: LiveAttempt,
  placementId: string,
): Promise<Upload> {
  const [row] = await ctx.db
    .select({ artifact: artifacts, placement: placements })
    .from(placements)
    .innerJoin(artifacts, eq(artifacts.id, placements.artifactId))
    .where(
      and(eq(placements.id, placementId), eq(placements.jobId, job.id), eq(placements.attempt, attempt)),
    );
  if (!row) throw new AppError('not_found', 'This attempt has no such upload.');
  return row;
}

/** The attempt's artifact of this role. */
export function findArtifact(
  ctx: Ctx,
  { job, attempt }: LiveAttempt,
  role: ArtifactRole,
): Promise<ArtifactRow | undefined> {
  return ctx.db.query.artifacts.findFirst({
    where: and(eq(artifacts.jobId, job.id), eq(artifacts.attempt, attempt), eq(artifacts.role, role)),
  });
}

/** Every placement of an artifact, the newest first. */
export function listPlacements(ctx: Ctx, artifactId: string): Promise<PlacementRow[]> {
  return ctx.db.query.placements.findMany({
    where: eq(placements.artifactId, artifactId),
    orderBy: [desc(placements.createdAt), desc(placements.id)],
  });
}

/** The placement that counts: under way or done, and not given up. */
export function findCurrent(ctx: Ctx, artifactId: string): Promise<PlacementRow | undefined> {
  return ctx.db.query.placements.findFirst({
    where: and(
      eq(placements.artifactId, artifactId),
      inArray(placements.status, ['open', 'completing', 'stored']),
      isNull(placements.errorCode),
    ),
    orderBy: [desc(placements.createdAt), desc(placements.id)],
  });
}

/** True while parts may be sent: an upload that was given up keeps its error until it is removed. */
export function isOpen({ status, errorCode }: PlacementRow): boolean {
  return (status === 'open' || status === 'completing') && errorCode === null;
}

/** The plan of a placement, as the downloader reads it. */
export function toUploadPlan(
  row: Pick<PlacementRow, 'id' | 'kind' | 'partSizeBytes' | 'digest' | 'via'>,
): UploadPlan {
  const { id, kind, partSizeBytes, digest } = row;
  const storage = row.via === 's3' ? 'destination' : 'service';
  const concurrency = kind === 'single' ? 1 : CONCURRENCY;
  return { placementId: id, kind, storage, partSizeBytes, concurrency, digest };
}
