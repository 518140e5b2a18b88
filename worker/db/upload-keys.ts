/** Conditions on artifacts and placements that use their keys. Those begin with the attempt, and no index has the IDs alone. */
import { and, eq, type SQL } from 'drizzle-orm';
import type { ArtifactRow, PlacementRow } from './rows.ts';
import { artifacts, placements } from './tables/artifacts.ts';

export type PlacementKey = Pick<PlacementRow, 'jobId' | 'attempt' | 'id'>;

/** Selects this placement. */
export function isPlacement({ jobId, attempt, id }: PlacementKey): SQL | undefined {
  return and(eq(placements.jobId, jobId), eq(placements.attempt, attempt), eq(placements.id, id));
}

/** Selects the placements of this artifact. */
export function isPlacementOf({
  jobId,
  attempt,
  id,
}: Pick<ArtifactRow, 'jobId' | 'attempt' | 'id'>): SQL | undefined {
  return and(eq(placements.jobId, jobId), eq(placements.attempt, attempt), eq(placements.artifactId, id));
}

/** Joins a placement with its artifact. */
export function isArtifactOfPlacement(): SQL | undefined {
  return and(
    eq(artifacts.jobId, placements.jobId),
    eq(artifacts.attempt, placements.attempt),
    eq(artifacts.id, placements.artifactId),
  );
}
