/** Rows as the verbs pass them on. */
import type { artifacts, attempts, destinations, jobs, placements } from './schema.ts';

export type JobRow = typeof jobs.$inferSelect;
export type AttemptRow = typeof attempts.$inferSelect;
export type ArtifactRow = typeof artifacts.$inferSelect;
export type PlacementRow = typeof placements.$inferSelect;
export type DestinationRow = typeof destinations.$inferSelect;

/** An attempt whose token was checked against the job's row: the caller owns the job at this moment. */
export interface LiveAttempt {
  job: JobRow;
  attempt: number;
}
