/** Chooses the key of a file in the customer's bucket, depending on the objects that are already there. */
import { and, eq, inArray, isNull, or } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import type { ArtifactRow, DestinationRow, PlacementRow } from '../../db/rows.ts';
import { placements } from '../../db/tables/artifacts.ts';
import { customerKey } from '../names/object-key.ts';
import { nameConflict } from './name-conflict.ts';
import type { UploadAttempt } from './upload-rules.ts';
import type { UploadSite } from '../sites/upload-site.ts';

/** Names in one statement: D1 binds at most 100 values, and the statement has a few others. */
const NAMES_AT_ONCE = 90;
/** Numbered names that are tried. After them the name contains the id of the job. */
const MAX_NAMES = 900;
/** HEAD requests for one file, to find names that others have used. */
const MAX_LOOKS = 10;
/** Conflicts of one file after which its name contains the id of the job. */
export const MAX_CONFLICTS = 2;

interface FileAtDestination {
  live: UploadAttempt;
  artifact: ArtifactRow;
  /** All placements of the artifact. */
  earlier: PlacementRow[];
  destination: DestinationRow;
  site: UploadSite;
}

/**
 * The key of a new upload. With `rename` it is a name that seems to be free; with `fail` AppError `storage_object_exists`
 * when a HEAD finds an object, before any byte is sent. The condition of the Complete makes the final decision, because
 * HEAD may be forbidden and others may write at the same time.
 */
export async function keyAtDestination(ctx: Ctx, file: FileAtDestination): Promise<string> {
  const { live, destination, site } = file;
  const { job } = live;
  const keyOf = await namer(ctx, file);
  switch (job.request.storageConflict ?? 'overwrite') {
    case 'overwrite':
      return keyOf('');
    case 'fail':
      if (await site.holds(keyOf('')))
        throw await nameConflict(ctx, {
          job,
          place: { destinationId: destination.id, bucket: site.bucket, key: keyOf('') },
        });
      return keyOf('');
    case 'rename':
      return (await freeKey(ctx, { ...file, keyOf })) ?? keyOf(` (${job.id})`);
  }
}

type Namer = (suffix: string) => string;

async function namer(ctx: Ctx, { live, artifact, destination }: FileAtDestination): Promise<Namer> {
  const { storagePath, storageFilename } = live.job.request;
  const { defaultPathPrefix } = destination;
  const { id: jobId, createdAt: requestedAt } = await live.rules.findNamingJob(ctx, live.job);
  const parts = { ...artifact, jobId, requestedAt };
  return (suffix) => customerKey({ ...parts, storagePath, storageFilename, defaultPathPrefix, suffix });
}

/**
 * The first of `name`, `name (2)`, `name (3)` … that this service has not used in the bucket and that HEAD does not find;
 * null after too many tries. A deleted object keeps its name, so that an old link never shows another file.
 */
async function freeKey(
  ctx: Ctx,
  { earlier, destination, site, keyOf }: FileAtDestination & { keyOf: Namer },
): Promise<string | null> {
  const conflicts = earlier.filter(({ errorCode }) => errorCode === 'storage_object_exists').length;
  if (conflicts >= MAX_CONFLICTS) return null;
  let looks = 0;
  for (let first = 1; first < MAX_NAMES; first += NAMES_AT_ONCE) {
    const names = Array.from({ length: NAMES_AT_ONCE }, (_, index) => keyOf(suffixOf(first + index)));
    const used = await usedKeys(ctx, { destinationId: destination.id, bucket: site.bucket, keys: names });
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

/** The keys that have an upload of this service, or an object that such an upload found. Uploads that were given up have none. */
async function usedKeys(
  ctx: Ctx,
  { destinationId, bucket, keys }: { destinationId: string; bucket: string; keys: string[] },
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
