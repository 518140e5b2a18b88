import type { Ctx } from '../../context.ts';
import type { ArtifactRequest } from '../../contract/downloader/report.ts';
import type { UploadPlan } from '../../contract/downloader/upload-plan.ts';
import type { ArtifactRow, PlacementRow } from '../../db/rows.ts';
import { AppError } from '../../errors.ts';
import { announce, newArtifact, noteSource } from './announce-file.ts';
import { currentOf, selectArtifact, toUploadPlan } from './placement-rows.ts';
import { startAtDestination, startInService } from './start-upload.ts';
import type { UploadAttempt } from './upload-rules.ts';

/** `type/subtype` of RFC 9110 without parameters. It becomes a header of requests and answers. */
const CONTENT_TYPE = /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/;

interface Announced {
  live: UploadAttempt;
  file: ArtifactRequest;
  /** The file as earlier calls have announced it, if the caller has read it. */
  known?: KnownFile;
}

interface KnownFile {
  artifact: ArtifactRow | undefined;
  /** Its primary uploads, the newest first. */
  earlier: PlacementRow[];
}

/**
 * Decides where and how to upload a file that the attempt announces. A repeated call returns the same plan while that
 * upload is open. AppError `invalid_request`, `source_too_large`, `stale`, `cancel_requested`, or `storage_*` when service
 * storage fails or is not allowed.
 */
export async function openPlacement(ctx: Ctx, { live, file, known }: Announced): Promise<UploadPlan> {
  if (file.sizeBytes !== null && file.sizeBytes > ctx.config.MAX_BYTES)
    throw new AppError('source_too_large');
  if (!CONTENT_TYPE.test(file.contentType))
    throw new AppError('invalid_request', 'contentType must be a media type without parameters.');
  const { artifact: announced, earlier } = known ?? (await readFile(ctx, { live, file }));
  const current = currentOf(earlier);
  if (current?.status === 'stored') throw new AppError('invalid_request', 'This file is already stored.');
  if (current) {
    await noteSource(ctx, { live, file });
    return toUploadPlan(current);
  }
  const artifact = announced ?? (await newArtifact(ctx, { live, file }));
  const announcement = announce(ctx, { live, file, artifact });
  const destination = await live.rules.findDestination(ctx, live.job);
  return destination
    ? startAtDestination(ctx, { live, artifact, earlier, announcement, destination })
    : startInService(ctx, { live, artifact, earlier, announcement });
}

async function readFile(ctx: Ctx, { live, file: { role } }: Announced): Promise<KnownFile> {
  const [[artifact], earlier] = await ctx.db.batch(selectArtifact(ctx, { live, role }));
  return { artifact, earlier };
}
