/** Where the file of a completed import with several destinations is, and where it still has to go. Pure. */
import type { DestinationRow, JobRow, PlaceDetails, PlacementRow, TransferRow } from '../db/rows.ts';

/** A stored copy. `storedAs` is the name of the destination in the request of its store job; null for the import itself. */
type Copy = { placement: PlacementRow; storedAs: string | null };

/** `copies` are in destinations, also in deleted ones. */
interface Found {
  destinations: DestinationRow[];
  copies: Copy[];
  transfers: TransferRow[];
}

/** One for each destination that the request names, in its order; null for requests without `storageDestinations`. */
export function toPlaces(
  { request }: JobRow,
  { destinations, copies, transfers }: Found,
): PlaceDetails[] | null {
  const { store, storageDestinations: names } = request;
  if (store !== true || names === undefined) return null;
  const places = names.map((name): PlaceDetails => {
    const destination = destinations.find((row) => row.name === name) ?? null;
    const isHere = ({ destinationId }: { destinationId: string | null }) => destinationId === destination?.id;
    const copy =
      copies.find(({ placement }) => isHere(placement)) ?? copies.find(({ storedAs }) => storedAs === name);
    const placement = copy?.placement ?? null;
    return { name, destination, placement, transfer: transfers.find(isHere) ?? null };
  });
  return withDeletedDestination(places, copies);
}

/** The rows of deleted destinations are gone, so nothing but the order of the request tells where the import stored its file. */
function withDeletedDestination(places: PlaceDetails[], copies: Copy[]): PlaceDetails[] {
  const found = new Set(places.map(({ placement }) => placement?.id));
  const left = copies
    .filter(({ placement, storedAs }) => storedAs === null && !found.has(placement.id))
    .map(({ placement }) => placement)
    .sort((a, b) => Number(a.isSecondary) - Number(b.isSecondary) || (a.id < b.id ? -1 : 1));
  return places.map((place) =>
    place.placement === null && place.transfer === null
      ? { ...place, placement: left.shift() ?? null }
      : place,
  );
}
