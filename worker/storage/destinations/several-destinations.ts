/** Which of several destinations an import uploads to. The others get copies, so the first copy must be readable. */
import { and, eq, inArray } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import type { DestinationRow, JobRow } from '../../db/rows.ts';
import { destinations } from '../../db/tables/destinations.ts';

/** Classes whose objects must be restored before they can be read. */
const ARCHIVE_CLASSES: readonly string[] = ['GLACIER', 'DEEP_ARCHIVE'];

/** Where an upload goes. */
export type UploadPlace = DestinationRow | 'service';

/** The destinations of a request with `storageDestinations` that exist, in its order; none for other requests. */
export async function listRequested(
  ctx: Ctx,
  { workspaceId, request }: Pick<JobRow, 'workspaceId' | 'request'>,
): Promise<DestinationRow[]> {
  const { store, storageDestinations: names = [] } = request;
  if (store !== true || names.length === 0) return [];
  const rows = await ctx.db.query.destinations.findMany({
    where: and(eq(destinations.workspaceId, workspaceId), inArray(destinations.name, names)),
  });
  return rows.toSorted((a, b) => names.indexOf(a.name) - names.indexOf(b.name));
}

/** Whether objects in the destination can be copied from there. */
export function isReadable({ learned, storageClass }: DestinationRow): boolean {
  return learned?.canGetObject === true && !ARCHIVE_CLASSES.includes(storageClass ?? '');
}

/**
 * The place of the first upload: the first destination if the others can be copied from there or there are no others,
 * else service storage if a destination allows it, else the first destination that can be read.
 */
export function firstPlace(rows: DestinationRow[]): UploadPlace | undefined {
  const [first] = rows;
  if (!first || rows.length === 1 || isReadable(first)) return first;
  return rows.some(allowsService) ? 'service' : (rows.find(isReadable) ?? first);
}

/**
 * The place of the next upload after `refused` did not take the file: service storage if a destination that still needs
 * the file allows it, else a destination that the attempt has not `tried`. Undefined when nothing is left.
 */
export function nextPlace(
  rows: DestinationRow[],
  { refusedId, tried }: { refusedId: string | null; tried: (string | null)[] },
): UploadPlace | undefined {
  const others = rows.filter(({ id }) => id !== refusedId);
  if (others.some(allowsService)) return 'service';
  const untried = others.filter(({ id }) => !tried.includes(id));
  return untried.find(isReadable) ?? untried[0];
}

function allowsService({ fallback }: DestinationRow): boolean {
  return fallback === 'service';
}
