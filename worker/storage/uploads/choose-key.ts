/** Under which key a file goes into a customer's bucket, and what an object that is there already means for it. */
import { and, eq, inArray, isNull, or } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import type { ImportRequest } from '../../contract/api/import-request.ts';
import type { ArtifactRow, DestinationRow, JobRow } from '../../db/rows.ts';
import { placements } from '../../db/tables/artifacts.ts';
import { customerKey } from '../names/object-key.ts';
import { nameConflict } from './name-conflict.ts';
import type { UploadAttempt } from './upload-rules.ts';
import type { UploadSite } from '../sites/upload-site.ts';

/** Names that are asked for in one statement: D1 binds 100 values, a few are the rest of it. */
const NAMES_AT_ONCE = 90;
/** How far names are counted. Whoever has more files of one name gets the job's id instead. */
const MAX_NAMES = 900;
/** Names that the bucket itself is asked about for one file: those that somebody else has used. */
const MAX_LOOKS = 10;
/** Uploads that may meet an object under their name, one a moment ahead of them; the next has the job's id in its name. */
export const MAX_CONFLICTS = 2;

/**
 * The key for a new upload. With `fail` AppError `storage_object_exists` when an object is seen there, before a byte is
 * sent; with `rename` a name that is not known to be taken. Only the conditional Complete decides: where nothing may be
 * looked up, and against others who write at the same time.
 */
export async function keyAtDestination(
  ctx: Ctx,
  { job, rules }: UploadAttempt,
  artifact: ArtifactRow,
  destination: DestinationRow,
  site: UploadSite,
): Promise<string> {
  const named = await rules.findNamingJob(ctx, job);
  const keyOf = namer(job.request, named, artifact, destination);
  switch (job.request.storageConflict ?? 'overwrite') {
    case 'overwrite':
      return keyOf('');
    case 'fail':
      if (await site.holds(keyOf('')))
        throw await nameConflict(ctx, job, {
          destinationId: destination.id,
          bucket: site.bucket,
          key: keyOf(''),
        });
      return keyOf('');
    case 'rename':
      return (await freeKey(ctx, { artifact, destination, site, keyOf })) ?? keyOf(` (${job.id})`);
  }
}

type Namer = (suffix: string) => string;

function namer(
  { storagePath, storageFilename }: ImportRequest,
  named: Pick<JobRow, 'id' | 'createdAt'>,
  artifact: ArtifactRow,
  { defaultPathPrefix }: DestinationRow,
): Namer {
  const parts = { ...artifact, jobId: named.id, requestedAt: named.createdAt };
  return (suffix) => customerKey({ ...parts, storagePath, storageFilename, defaultPathPrefix, suffix });
}

/**
 * The first of `name`, `name (2)`, `name (3)` … that this service has not used in the bucket and that is not seen there;
 * null when that is too much to ask. A name stays used when its object was deleted: no old link shows another file.
 */
async function freeKey(
  ctx: Ctx,
  place: { artifact: ArtifactRow; destination: DestinationRow; site: UploadSite; keyOf: Namer },
): Promise<string | null> {
  const { artifact, destination, site, keyOf } = place;
  const conflicts = await ctx.db.$count(
    placements,
    and(eq(placements.artifactId, artifact.id), eq(placements.errorCode, 'storage_object_exists')),
  );
  if (conflicts >= MAX_CONFLICTS) return null;
  let looks = 0;
  for (let first = 1; first < MAX_NAMES; first += NAMES_AT_ONCE) {
    const names = Array.from({ length: NAMES_AT_ONCE }, (_, index) => keyOf(suffixOf(first + index)));
    const used = await usedKeys(ctx, { destinationId: destination.id, bucket: site.bucket }, names);
    for (const name of names.filter((name) => !used.has(name))) {
      if (looks === MAX_LOOKS) return null;
      looks += 1;
      if (!(await site.holds(name))) return name;
    }
  }
  return null;
}

function suffixOf(number: number): string {
  return number === 1 ? '' : ` (${number})`;
}

/** Those that uploads of ours have, or have met an object under; one that was given up has none, even before it is removed. */
async function usedKeys(
  ctx: Ctx,
  { destinationId, bucket }: { destinationId: string; bucket: string },
  keys: string[],
): Promise<Set<string>> {
  const rows = await ctx.db
    .select({ key: placements.key })
    .from(placements)
    .where(
      and(
        eq(placements.destinationId, destinationId),
        eq(placements.bucket, bucket),
        inArray(placements.key, keys),
        or(
          and(inArray(placements.status, ['open', 'completing', 'stored']), isNull(placements.errorCode)),
          eq(placements.errorCode, 'storage_object_exists'),
        ),
      ),
    );
  return new Set(rows.map(({ key }) => key));
}
