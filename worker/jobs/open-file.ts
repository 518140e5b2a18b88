import type { Ctx } from '../context.ts';
import type { ArtifactRequest } from '../contract/downloader/report.ts';
import type { UploadPlan } from '../contract/downloader/upload-plan.ts';
import { openPlacement } from '../storage/uploads/open-placement.ts';
import { findAmong } from './details/attempt-files.ts';
import { recentAttemptFiles } from './details/handed-over.ts';
import { ownerOf, type Caller } from './require-upload-attempt.ts';

/** Decides where an attempt uploads a file: `openPlacement`, with everything about the attempt read in one call of D1, or in none just after it was handed over. */
export async function openFile(
  ctx: Ctx,
  { file, ...caller }: Caller & { file: ArtifactRequest },
): Promise<UploadPlan> {
  const found = await recentAttemptFiles(ctx, caller.ref);
  const live = ownerOf(found, caller);
  const artifact = found.files.find(({ role }) => role === file.role);
  const earlier = found.uploads.filter((row) => row.artifactId === artifact?.id && !row.isSecondary);
  return openPlacement(ctx, { live, file, known: { artifact, earlier, find: findAmong(found) } });
}
