/** Types of the rows that verbs read and return. */
import type { SiteTrouble } from '../contract/site-counts.ts';
import type { artifacts, placements } from './tables/artifacts.ts';
import type { users } from './tables/accounts.ts';
import type { auditLog } from './tables/audit-log.ts';
import type { batches } from './tables/batches.ts';
import type { destinations } from './tables/destinations.ts';
import type { attempts, jobs } from './tables/jobs.ts';
import type { invitations, members } from './tables/members.ts';
import type { transfers } from './tables/transfers.ts';
import type { apiKeys } from './tables/workspaces.ts';
import type { webhookAttempts, webhookDeliveries, webhookEndpoints } from './tables/webhooks.ts';

export type JobRow = typeof jobs.$inferSelect;
export type AttemptRow = typeof attempts.$inferSelect;
export type ArtifactRow = typeof artifacts.$inferSelect;
export type BatchRow = typeof batches.$inferSelect;
export type PlacementRow = typeof placements.$inferSelect;
export type ApiKeyRow = typeof apiKeys.$inferSelect;
export type UserRow = typeof users.$inferSelect;
export type MemberRow = typeof members.$inferSelect;
export type InvitationRow = typeof invitations.$inferSelect;
export type AuditRow = typeof auditLog.$inferSelect;
export type DestinationRow = typeof destinations.$inferSelect;
export type TransferRow = typeof transfers.$inferSelect;
export type WebhookEndpointRow = typeof webhookEndpoints.$inferSelect;
export type WebhookDeliveryRow = typeof webhookDeliveries.$inferSelect;
export type WebhookAttemptRow = typeof webhookAttempts.$inferSelect;
/** Names a row of `webhook_deliveries`. */
export type DeliveryKey = Pick<WebhookDeliveryRow, 'endpointId' | 'eventId'>;

/** An attempt whose token was checked against the job's row: it owned the job when the row was read. */
export interface LiveAttempt {
  job: JobRow;
  attempt: number;
}

/**
 * A job with its result, which only a completed job has. `placement` says where the file is: preferably in the customer's
 * bucket, even if a store job copied it there later. `failedPlacement` is a failed upload to the customer's bucket.
 * `places` are those of a completed import with several destinations; then `placement` is in the first one, if that has the file.
 * `siteTrouble` is set for a failed import when nearly all imports from its site failed in the last day.
 * `noDownloaderSince` explains why a queued job waits: since then no downloader answers, in unix milliseconds.
 */
export interface JobDetails {
  job: JobRow;
  artifact: ArtifactRow | null;
  placement: PlacementRow | null;
  /** The destination of `placement`; null for service storage, and when it was deleted. */
  destination: DestinationRow | null;
  failedPlacement: PlacementRow | null;
  places: PlaceDetails[] | null;
  noDownloaderSince: number | null;
  siteTrouble?: SiteTrouble | null;
}

/**
 * One of several destinations of an import, under the name in its request. `destination` is null when it was deleted,
 * `placement` until it has the file. `transfer` is null for the destination of the import's own upload.
 */
export interface PlaceDetails {
  name: string;
  destination: DestinationRow | null;
  placement: PlacementRow | null;
  transfer: TransferRow | null;
}

/** A batch with the job that reads its playlist; null for a batch of URLs. */
export interface BatchDetails {
  batch: BatchRow;
  playlistJob: JobRow | null;
}
