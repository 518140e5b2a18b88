/** The rows that say which file an attempt uploads, and how it reads its source. */
import type { BatchItem } from 'drizzle-orm/batch';
import { isLive } from '../../attempts/fence.ts';
import { sourceColumns } from '../../attempts/source-columns.ts';
import type { Ctx } from '../../context.ts';
import type { ArtifactRequest } from '../../contract/downloader/report.ts';
import { boundRow } from '../../db/bound-row.ts';
import type { ArtifactRow } from '../../db/rows.ts';
import { artifacts } from '../../db/tables/artifacts.ts';
import { jobs } from '../../db/tables/jobs.ts';
import type { UploadAttempt } from './upload-rules.ts';

interface Announced {
  live: UploadAttempt;
  file: ArtifactRequest;
}

/** The row of a file that the attempt announces for the first time. What is known about the file replaces what the attempt reports. */
export async function newArtifact(ctx: Ctx, { live, file }: Announced): Promise<ArtifactRow> {
  const { job, attempt } = live;
  const { role, title, extension, contentType, sizeBytes, origin } = file;
  const known = await live.rules.findKnownFile(ctx, { job, role });
  const reported = { title, extension, contentType, sizeBytes, crc32: null, sha256: null, facts: null };
  return {
    ...(known ?? { ...reported, details: null, sourceId: null, uploader: null, ...origin }),
    id: ctx.newId(),
    jobId: job.id,
    attempt,
    role,
    createdAt: ctx.now(),
  };
}

/** Statements for the batch that inserts an upload of the file. They change nothing after the end of the attempt, and may be repeated. */
export function announce(
  ctx: Ctx,
  { live, file, artifact }: Announced & { artifact: ArtifactRow },
): BatchItem<'sqlite'>[] {
  const row = ctx.db.select(boundRow(artifacts, artifact)).from(jobs).where(isLive(live));
  return [ctx.db.insert(artifacts).select(row).onConflictDoNothing(), noteSource(ctx, { live, file })];
}

/** The statement that stores how the attempt reads its source. */
export function noteSource(ctx: Ctx, { live, file: { source } }: Announced) {
  return ctx.db.update(jobs).set(sourceColumns(source)).where(isLive(live));
}
