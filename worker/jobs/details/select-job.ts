/** The statement that reads everything that the status of a job shows: its row, with rows of other tables as JSON. */
import { sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import { fromJsonRow, jsonRow, prepared, rowOf, type Bound, type RawRow } from '../../db/prepared.ts';
import type { ArtifactRow, DestinationRow, JobRow, PlacementRow, TransferRow } from '../../db/rows.ts';
import { artifacts, placements } from '../../db/tables/artifacts.ts';
import { destinations } from '../../db/tables/destinations.ts';
import { jobs } from '../../db/tables/jobs.ts';
import { transfers } from '../../db/tables/transfers.ts';
import { membersSince, silentSlots, workingMemberNames, type Silence } from '../find-silence.ts';
import { firstHour } from '../sites/site-hours.ts';
import { siteCounts, type SiteCount } from '../sites/site-trouble.ts';

/** A file of a completed job, or of a job that stored it later. */
export interface Copy {
  placement: PlacementRow;
  /** The name of the destination in the request of a store job; null for the import itself. */
  storedAs: string | null;
  jobFinishedAt: number;
}

/** A job of any workspace, and what its status needs: lists are empty where the status of the job does not need them. */
export interface JobAndDetails {
  job: JobRow;
  /** The files with the role `media` of the attempt. */
  media: ArtifactRow[];
  copies: Copy[];
  /** Those that have a copy, and those that the request names. */
  destinations: DestinationRow[];
  transfers: TransferRow[];
  siteCounts: SiteCount[];
  silence: Silence;
}

/** The statement for the job with this ID. */
export function selectJob({ db, now }: Ctx, jobId: string): Bound<JobAndDetails> {
  return select(db, { jobId, firstHour: firstHour(now()), membersSince: membersSince(now()) });
}

/** A list of JSON values, which is read only for jobs with this status. */
const listIf = (status: JobRow['status'], value: SQL, rows: SQL) =>
  sql`CASE jobs.status WHEN ${sql.raw(`'${status}'`)} THEN (SELECT json_group_array(${value}) ${rows}) END`;

const media = listIf(
  'completed',
  jsonRow(artifacts, 'a'),
  sql`FROM artifacts a WHERE a.job_id = jobs.id AND a.attempt = jobs.attempt AND a.role = 'media'`,
);

const copiesOfJob = sql`FROM jobs made JOIN placements p ON p.job_id = made.id AND p.attempt = made.attempt
  JOIN artifacts a ON a.job_id = p.job_id AND a.attempt = p.attempt AND a.role = 'media' AND a.id = p.artifact_id
  WHERE (made.id = jobs.id OR made.store_of = jobs.id) AND made.status = 'completed'`;
const storedAs = sql`CASE WHEN made.store_of IS NOT NULL THEN json_extract(made.request, '$.storageDestination') END`;
const copies = listIf(
  'completed',
  sql`json_array(${jsonRow(placements, 'p')}, ${storedAs}, made.finished_at)`,
  copiesOfJob,
);

const destinationsOfJob = listIf(
  'completed',
  jsonRow(destinations, 'd'),
  sql`FROM destinations d WHERE d.workspace_id = jobs.workspace_id AND (d.id IN (SELECT p.destination_id ${copiesOfJob})
    OR d.name IN (SELECT value FROM json_each(jobs.request, '$.storageDestinations')))`,
);

const transfersOfJob = listIf(
  'completed',
  jsonRow(transfers, 't'),
  sql`FROM transfers t WHERE t.import_id = jobs.id`,
);

const select = prepared(
  sql`SELECT jobs.*, ${media} AS media, ${copies} AS copies, ${destinationsOfJob} AS destinations,
    ${transfersOfJob} AS transfers,
    CASE jobs.status WHEN 'failed' THEN ${siteCounts} END AS site_counts,
    CASE jobs.status WHEN 'queued' THEN ${silentSlots} END AS silent_slots,
    CASE jobs.status WHEN 'queued' THEN ${workingMemberNames} END AS working_members
    FROM jobs WHERE jobs.id = ${sql.placeholder('jobId')}`,
  toJobAndDetails,
);

const toJob = rowOf(jobs);
const toArtifact = fromJsonRow(artifacts);
const toPlacement = fromJsonRow(placements);
const toDestination = fromJsonRow(destinations);
const toTransfer = fromJsonRow(transfers);

function toJobAndDetails(raw: RawRow): JobAndDetails {
  const list = <Value>(name: string): Value[] => JSON.parse((raw[name] as string | null) ?? '[]') as Value[];
  return {
    job: toJob(raw),
    media: list<unknown[]>('media').map(toArtifact),
    copies: list<[unknown[], string | null, number]>('copies').map(([placement, name, jobFinishedAt]) => ({
      placement: toPlacement(placement),
      storedAs: name,
      jobFinishedAt,
    })),
    destinations: list<unknown[]>('destinations').map(toDestination),
    transfers: list<unknown[]>('transfers').map(toTransfer),
    siteCounts: list<SiteCount>('site_counts'),
    silence: { slots: list('silent_slots'), workingMembers: list('working_members') },
  };
}
