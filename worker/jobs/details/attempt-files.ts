/** Everything about the files of an attempt, in one statement. */
import { sql, type SQL } from 'drizzle-orm';
import type { AttemptRef } from '../../attempts/attempt-token.ts';
import type { Ctx } from '../../context.ts';
import { fromJsonRow, jsonRow, prepared, rowOf, runBound, type RawRow } from '../../db/prepared.ts';
import type { ArtifactRow, DestinationRow, JobRow, PlacementRow } from '../../db/rows.ts';
import { artifacts, placements } from '../../db/tables/artifacts.ts';
import { destinations } from '../../db/tables/destinations.ts';
import { jobs } from '../../db/tables/jobs.ts';
import { findReferred, type DestinationRef } from '../../storage/destinations/destinations.ts';

/** A job with the files of one of its attempts and their uploads, the newest first. */
export interface AttemptFiles {
  job: JobRow | undefined;
  files: ArtifactRow[];
  uploads: PlacementRow[];
  /** Those of the uploads, and the one that the request of the job names if it names only one. */
  destinations: DestinationRow[];
}

/** Reads everything about the uploads of an attempt. */
export async function readAttemptFiles({ db }: Ctx, { jobId, attempt }: AttemptRef): Promise<AttemptFiles> {
  const [[found]] = await runBound(db, [select(db, { jobId, attempt })]);
  return found ?? { job: undefined, files: [], uploads: [], destinations: [] };
}

/** Finds the destination that a request names, among those that were read. */
export function findAmong({ destinations: found }: AttemptFiles): typeof findReferred {
  return async (ctx, ref) => found.find((row) => isReferredBy(row, ref)) ?? findReferred(ctx, ref);
}

function isReferredBy(row: DestinationRow, { workspaceId, name }: DestinationRef): boolean {
  return row.workspaceId === workspaceId && (name === undefined ? row.isDefault : row.name === name);
}

const list = (value: SQL, rows: SQL, alias: string) =>
  sql`(SELECT json_group_array(${value}) FROM (${rows}) AS ${sql.raw(alias)})`;
const ofAttempt = sql`job_id = ${sql.placeholder('jobId')} AND attempt = ${sql.placeholder('attempt')}`;
const isNamed = sql`CASE WHEN jobs.request ->> 'storageDestination' IS NULL THEN d.is_default = 1
  ELSE d.name = jobs.request ->> 'storageDestination' END`;
const namesOne = sql`jobs.request ->> 'store' = 1 AND jobs.request ->> 'storageDestinations' IS NULL`;

const files = list(jsonRow(artifacts, 'file'), sql`SELECT * FROM ${artifacts} WHERE ${ofAttempt}`, 'file');
const uploads = list(
  jsonRow(placements, 'upload'),
  sql`SELECT * FROM ${placements} WHERE ${ofAttempt} ORDER BY created_at DESC, id DESC`,
  'upload',
);
const places = list(
  jsonRow(destinations, 'place'),
  sql`SELECT d.* FROM ${destinations} d WHERE d.workspace_id = jobs.workspace_id
    AND (d.id IN (SELECT destination_id FROM ${placements} WHERE ${ofAttempt}) OR (${namesOne} AND ${isNamed}))`,
  'place',
);

const select = prepared(
  sql`SELECT jobs.*, ${files} AS files, ${uploads} AS uploads, ${places} AS destinations
    FROM jobs WHERE jobs.id = ${sql.placeholder('jobId')}`,
  toAttemptFiles,
);

const toJob = rowOf(jobs);
const toArtifact = fromJsonRow(artifacts);
const toPlacement = fromJsonRow(placements);
const toDestination = fromJsonRow(destinations);

function toAttemptFiles(raw: RawRow): AttemptFiles {
  const rows = (name: string) => JSON.parse(raw[name] as string) as unknown[][];
  return {
    job: toJob(raw),
    files: rows('files').map(toArtifact),
    uploads: rows('uploads').map(toPlacement),
    destinations: rows('destinations').map(toDestination),
  };
}
