import type { Ctx } from '../../context.ts';
import type { ArtifactRow, DestinationRow, JobRow, LiveAttempt } from '../../db/rows.ts';

/** What uploads must know about the kind of a job. Each kind has its own rules; the caller passes them in. */
export interface UploadRules {
  /** The destination of the job's files; undefined for service storage. AppError `storage_not_configured`. */
  findDestination: (ctx: Ctx, job: JobRow) => Promise<DestinationRow | undefined>;
  /** The file as an earlier job verified it, or null when this attempt is the first to read it. AppError `source_copy_gone`. */
  findKnownFile: (ctx: Ctx, job: JobRow) => Promise<ArtifactRow | null>;
  /** The job whose id and creation time appear in the names of objects. */
  findNamingJob: (ctx: Ctx, job: JobRow) => Promise<Pick<JobRow, 'id' | 'createdAt'>>;
  /** Whether a file that its destination refuses may go to service storage instead. */
  mayFallBack: boolean;
}

/** A live attempt, with the upload rules of its kind of job. */
export interface UploadAttempt extends LiveAttempt {
  rules: UploadRules;
}
