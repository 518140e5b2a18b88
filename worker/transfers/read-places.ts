/** Where the file of a completed import with several destinations is, and where it still has to go. */
import { and, eq, getTableColumns, inArray, isNotNull, or, sql } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { JobRow, PlaceDetails, PlacementRow } from '../db/rows.ts';
import { placements } from '../db/tables/artifacts.ts';
import { destinations } from '../db/tables/destinations.ts';
import { jobs } from '../db/tables/jobs.ts';
import { transfers } from '../db/tables/transfers.ts';

/** A stored copy. `storedAs` is the name of the destination in the request of its store job; null for the import itself. */
type Copy = PlacementRow & { storedAs: string | null };

/** One for each destination that the request names, in its order; null for requests without `storageDestinations`. */
export async function readPlaces(ctx: Ctx, job: JobRow): Promise<PlaceDetails[] | null> {
  const { store, storageDestinations: names } = job.request;
  if (store !== true || names === undefined) return null;
  const [rows, copies, ordered] = await ctx.db.batch([
    ctx.db
      .select()
      .from(destinations)
      .where(and(eq(destinations.workspaceId, job.workspaceId), inArray(destinations.name, names))),
    selectCopies(ctx, job.id),
    ctx.db.select().from(transfers).where(eq(transfers.importId, job.id)),
  ]);
  const places = names.map((name): PlaceDetails => {
    const destination = rows.find((row) => row.name === name) ?? null;
    const isHere = ({ destinationId }: { destinationId: string | null }) => destinationId === destination?.id;
    const placement = copies.find(isHere) ?? copies.find(({ storedAs }) => storedAs === name) ?? null;
    return { name, destination, placement, transfer: ordered.find(isHere) ?? null };
  });
  return withDeletedDestination(places, copies);
}

/** Copies in destinations, also in deleted ones. */
function selectCopies(ctx: Ctx, importId: string) {
  const storedAs = sql<string | null>`CASE WHEN ${jobs.storeOf} IS NOT NULL
    THEN json_extract(${jobs.request}, '$.storageDestination') END`;
  return ctx.db
    .select({ ...getTableColumns(placements), storedAs: storedAs.as('stored_as') })
    .from(jobs)
    .innerJoin(placements, and(eq(placements.jobId, jobs.id), eq(placements.attempt, jobs.attempt)))
    .where(
      and(
        or(eq(jobs.id, importId), eq(jobs.storeOf, importId)),
        eq(jobs.status, 'completed'),
        eq(placements.status, 'stored'),
        isNotNull(placements.destinationId),
      ),
    );
}

/** The rows of deleted destinations are gone, so nothing but the order of the request tells where the import stored its file. */
function withDeletedDestination(places: PlaceDetails[], copies: Copy[]): PlaceDetails[] {
  const found = new Set(places.map(({ placement }) => placement?.id));
  const left = copies
    .filter(({ id, storedAs }) => storedAs === null && !found.has(id))
    .sort((a, b) => Number(a.isSecondary) - Number(b.isSecondary) || (a.id < b.id ? -1 : 1));
  return places.map((place) =>
    place.placement === null && place.transfer === null
      ? { ...place, placement: left.shift() ?? null }
      : place,
  );
}
