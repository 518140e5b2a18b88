import { sql } from 'drizzle-orm';
import type { AttemptRef } from '../attempts/attempt-token.ts';
import { requireLiveAttempt, requireOwner } from '../attempts/live-attempt.ts';
import type { Ctx } from '../context.ts';
import type { Feature } from '../contract/downloader/features.ts';
import { prepared, rowOf, runBound } from '../db/prepared.ts';
import type { ArtifactRow, DestinationRow, JobRow, LiveAttempt, PlacementRow } from '../db/rows.ts';
import { artifacts, placements } from '../db/tables/artifacts.ts';
import { destinations } from '../db/tables/destinations.ts';
import { jobs } from '../db/tables/jobs.ts';
import type { UploadAttempt } from '../storage/uploads/upload-rules.ts';
import { AppError } from '../errors.ts';
import { findReferred, type DestinationRef } from '../storage/destinations/destinations.ts';
import { kindOf } from './kinds/kinds.ts';

/** An attempt as a call names it, and what its downloader understands. */
export interface Caller {
  ref: AttemptRef;
  features: ReadonlySet<Feature>;
}

/** The attempt with its job and the upload rules of that job. AppErrors as in `requireLiveAttempt`, and `invalid_request` when its kind stores nothing. */
export async function requireUploadAttempt(ctx: Ctx, { ref, features }: Caller): Promise<UploadAttempt> {
  return withRules(await requireLiveAttempt(ctx, ref), features);
}

/** A job with the files of one of its attempts and their uploads, the newest first. */
export interface AttemptFiles {
  job: JobRow | undefined;
  files: ArtifactRow[];
  uploads: PlacementRow[];
  /** Those of the uploads, and the one that the request of the job names if it names only one. */
  destinations: DestinationRow[];
}

const JOB_ID = sql.placeholder('jobId');
const ATTEMPT = sql.placeholder('attempt');
const ofAttempt = sql`job_id = ${JOB_ID} AND attempt = ${ATTEMPT}`;

const selectJob = prepared(sql`SELECT * FROM ${jobs} WHERE id = ${JOB_ID}`, rowOf(jobs));
const selectFiles = prepared(sql`SELECT * FROM ${artifacts} WHERE ${ofAttempt}`, rowOf(artifacts));
const selectUploads = prepared(
  sql`SELECT * FROM ${placements} WHERE ${ofAttempt} ORDER BY created_at DESC, id DESC`,
  rowOf(placements),
);
const selectDestinations = prepared(
  sql`SELECT place.* FROM ${destinations} AS place
    WHERE place.id IN (SELECT destination_id FROM ${placements} WHERE ${ofAttempt})
    UNION ALL SELECT place.* FROM ${jobs} AS own JOIN ${destinations} AS place ON place.workspace_id = own.workspace_id
    WHERE own.id = ${JOB_ID} AND own.request ->> 'store' = 1 AND own.request ->> 'storageDestinations' IS NULL
      AND CASE WHEN own.request ->> 'storageDestination' IS NULL THEN place.is_default = 1 ELSE place.name = own.request ->> 'storageDestination' END`,
  rowOf(destinations),
);

/** Reads everything about the uploads of an attempt, in one call of D1. */
export async function readAttemptFiles({ db }: Ctx, { jobId, attempt }: AttemptRef): Promise<AttemptFiles> {
  const ref = { jobId, attempt };
  const statements = [
    selectJob(db, ref),
    selectFiles(db, ref),
    selectUploads(db, ref),
    selectDestinations(db, ref),
  ] as const;
  const [[job], files, uploads, found] = await runBound(db, statements);
  return { job, files, uploads, destinations: found };
}

/** Finds the destination that a request names, among those that were read. */
export function findAmong(ctx: Ctx, { destinations: found }: AttemptFiles): typeof findReferred {
  return async (_ctx, ref) => found.find((row) => isReferredBy(row, ref)) ?? findReferred(ctx, ref);
}

function isReferredBy(row: DestinationRow, { workspaceId, name }: DestinationRef): boolean {
  return row.workspaceId === workspaceId && (name === undefined ? row.isDefault : row.name === name);
}

/** The same as `requireUploadAttempt`, of a job that was read. */
export function ownerOf({ job }: AttemptFiles, { ref, features }: Caller): UploadAttempt {
  return withRules(requireOwner(job, ref), features);
}

function withRules(live: LiveAttempt, features: ReadonlySet<Feature>): UploadAttempt {
  const rules = kindOf(live.job).uploads;
  if (!rules) throw new AppError('invalid_request', 'This kind of job stores no file.');
  return { ...live, rules, features };
}
