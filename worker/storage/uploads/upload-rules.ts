import type { Config } from '../../config.ts';
import type { Ctx } from '../../context.ts';
import type { HardStops } from '../../contract/choice/media-choice.ts';
import type { Code } from '../../contract/codes.ts';
import type { Feature } from '../../contract/downloader/features.ts';
import type { ArtifactRole } from '../../contract/media.ts';
import type { findReferred } from '../destinations/destinations.ts';
import type { ArtifactRow, DestinationRow, JobRow, LiveAttempt } from '../../db/rows.ts';

/** What uploads must know about the kind of a job. Each kind has its own rules; the caller passes them in. */
export interface UploadRules {
  /** The destination of the job's files; undefined for service storage. `find` looks for the one that a request names. AppError `storage_not_configured`. */
  findDestination: (ctx: Ctx, job: JobRow, find?: typeof findReferred) => Promise<DestinationRow | undefined>;
  /** The file as an earlier job verified it, or null when this attempt is the first to read it. AppError `source_copy_gone`. */
  findKnownFile: (ctx: Ctx, file: { job: JobRow; role: ArtifactRole }) => Promise<ArtifactRow | null>;
  /** The job whose id and creation time appear in the names of objects. */
  findNamingJob: (ctx: Ctx, job: JobRow) => Promise<Pick<JobRow, 'id' | 'createdAt'>>;
  /** Whether a file that its destination refuses may go to service storage instead. */
  mayFallBack: boolean;
  /** The destinations of a job that has several. */
  listDestinations?: (ctx: Ctx, job: JobRow) => Promise<DestinationRow[]>;
  /** Limits that the request sets for its file, for kinds whose requests can set any. */
  stops?: (config: Config, job: JobRow) => HardStops | null;
  /** Keeps the cost of a file of this size free, for kinds whose files cost money. AppError `insufficient_balance`. */
  holdCost?: (ctx: Ctx, live: LiveAttempt, bytes: number) => Promise<void>;
}

/** A live attempt, with the upload rules of its kind of job, and what its downloader understands. */
export interface UploadAttempt extends LiveAttempt {
  rules: UploadRules;
  features: ReadonlySet<Feature>;
}

/**
 * Whether a file that the destination refused may go to service storage instead. Not when the kind of job or the
 * destination forbids it, nor when the request asks to fail if an object of the same name exists.
 */
export function mayFallBack(
  { rules }: UploadAttempt,
  destination: Pick<DestinationRow, 'fallback'> | undefined,
  code: Code,
): boolean {
  return rules.mayFallBack && destination?.fallback !== 'none' && code !== 'storage_object_exists';
}
