/** Inserts placements, each only while its attempt is live. */
import { and, eq, sql, type SQL } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { Ctx } from '../../context.ts';
import type { Failure } from '../../contract/failure.ts';
import type { ArtifactRow, DestinationRow, PlacementRow } from '../../db/rows.ts';
import { placements } from '../../db/tables/artifacts.ts';
import { jobs } from '../../db/tables/jobs.ts';
import { selectRow } from '../../db/bound-row.ts';
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
  /** Statements before it in the same batch. */
  announcement?: BatchItem<'sqlite'>[] | undefined;
  placement: NewPlacement;
}

/**
 * Inserts an open upload. False when the attempt has ended, or another upload of the artifact is in progress or stored: for a secondary
 * upload, one to the same destination.
 */
export function insertPlacement(
  ctx: Ctx,
  { live, artifact, announcement, placement }: Insert,
): Promise<boolean> {
  const { isSecondary, destinationId } = placement;
  const isRival = isSecondary
    ? eq(placements.destinationId, destinationId ?? '')
    : eq(placements.isSecondary, false);
  const isFirst = sql`NOT EXISTS (SELECT 1 FROM ${placements} WHERE ${placements.jobId} = ${artifact.jobId} AND ${placements.attempt} = ${artifact.attempt}
    AND ${placements.artifactId} = ${idOf(artifact)} AND ${isRival}
    AND ${placements.status} IN ('open', 'completing', 'stored') AND ${placements.errorCode} IS NULL)`;
  const values = { ...placement, status: 'open', createdAt: ctx.now() } as const;
  return insertWhile(ctx, { live, artifact, announcement, values, guard: isFirst });
}

/** Inserts the row of an upload that the destination refused to start, so that the fallback can be explained. */
export async function recordRefusal(
  ctx: Ctx,
  {
    live,
    artifact,
    announcement,
    destination,
    failure: { code, detail },
  }: Omit<Insert, 'placement'> & { destination: DestinationRow; failure: Failure },
): Promise<void> {
  const values = {
    id: ctx.newId(),
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
  await insertWhile(ctx, { live, artifact, announcement, values });
}

type Values = Omit<typeof placements.$inferInsert, 'artifactId' | 'jobId' | 'attempt'>;

/** Another call may have announced the file under another id. */
function idOf({ jobId, attempt, role }: ArtifactRow): SQL {
  return sql`(SELECT id FROM artifacts WHERE job_id = ${jobId} AND attempt = ${attempt} AND role = ${role})`;
}

async function insertWhile(
  ctx: Ctx,
  {
    live,
    artifact,
    announcement = [],
    values,
    guard,
  }: Omit<Insert, 'placement'> & { values: Values; guard?: SQL },
): Promise<boolean> {
  const ids = { artifactId: idOf(artifact), jobId: live.job.id, attempt: live.attempt };
  const row = selectRow(
    placements,
    { ...values, ...ids },
    sql`FROM ${jobs} WHERE ${and(isLive(live), guard)}`,
  );
  const insert = ctx.db.insert(placements).select(row).returning({ id: placements.id });
  // Typed as the last of them, whose result alone matters.
  const statements = [...announcement, insert] as [typeof insert];
  const inserted = (await ctx.db.batch(statements)).at(-1);
  return inserted !== undefined && inserted.length > 0;
}
