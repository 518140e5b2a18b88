/** Inserts placements, each only while its attempt is live. */
import { and, eq, sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import type { Failure } from '../../contract/failure.ts';
import type { ArtifactRow, DestinationRow, PlacementRow } from '../../db/rows.ts';
import { placements } from '../../db/tables/artifacts.ts';
import { jobs } from '../../db/tables/jobs.ts';
import { boundRow } from '../../db/bound-row.ts';
import { isLive } from '../../attempts/fence.ts';
import type { UploadAttempt } from './upload-rules.ts';

/** What is decided about an upload before it has a row. */
export type NewPlacement = Pick<
  PlacementRow,
  | 'id'
  | 'destinationId'
  | 'via'
  | 'bucket'
  | 'key'
  | 'uploadId'
  | 'kind'
  | 'partSizeBytes'
  | 'digest'
  | 'isSecondary'
>;

interface Insert {
  live: UploadAttempt;
  artifact: ArtifactRow;
  placement: NewPlacement;
}

/**
 * Inserts an open upload. False when the attempt has ended, or another upload of the artifact is in progress or stored: for a secondary
 * upload, one to the same destination.
 */
export function insertPlacement(ctx: Ctx, { live, artifact, placement }: Insert): Promise<boolean> {
  const { isSecondary, destinationId } = placement;
  const isRival = isSecondary
    ? eq(placements.destinationId, destinationId ?? '')
    : eq(placements.isSecondary, false);
  const isFirst = sql`NOT EXISTS (SELECT 1 FROM ${placements} WHERE ${placements.artifactId} = ${artifact.id} AND ${isRival}
    AND ${placements.status} IN ('open', 'completing', 'stored') AND ${placements.errorCode} IS NULL)`;
  const values = { ...placement, artifactId: artifact.id, status: 'open', createdAt: ctx.now() } as const;
  return insertWhile(ctx, { live, values, guard: isFirst });
}

/** Inserts the row of an upload that the destination refused to start, so that the fallback can be explained. */
export async function recordRefusal(
  ctx: Ctx,
  {
    live,
    artifact,
    destination,
    failure: { code, detail },
  }: { live: UploadAttempt; artifact: ArtifactRow; destination: DestinationRow; failure: Failure },
): Promise<void> {
  const values = {
    id: ctx.newId(),
    artifactId: artifact.id,
    destinationId: destination.id,
    via: 's3',
    status: 'aborted',
    bucket: live.job.request.storageBucket ?? destination.bucket,
    key: '',
    kind: 'single',
    partSizeBytes: 0,
    digest: 'sha256',
    errorCode: code,
    errorDetail: detail ?? null,
    createdAt: ctx.now(),
  } as const;
  await insertWhile(ctx, { live, values });
}

type Values = Omit<typeof placements.$inferInsert, 'jobId' | 'attempt'>;

async function insertWhile(
  ctx: Ctx,
  { live, values, guard }: { live: UploadAttempt; values: Values; guard?: SQL },
): Promise<boolean> {
  const row = ctx.db
    .select(boundRow(placements, { ...values, jobId: live.job.id, attempt: live.attempt }))
    .from(jobs)
    .where(and(isLive(live), guard));
  const inserted = await ctx.db.insert(placements).select(row).returning({ id: placements.id });
  return inserted.length > 0;
}
