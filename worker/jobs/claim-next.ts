import { and, inArray, sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import { isPageSlot } from '../contract/downloader/slot-names.ts';
import { statusesBefore } from '../contract/job.ts';
import { preparedPart } from '../db/prepared.ts';
import type { JobRow } from '../db/rows.ts';
import { fleetMembers } from '../db/tables/fleet.ts';
import { jobs } from '../db/tables/jobs.ts';
import { NEVER } from './alone/crashes.ts';
import { reservedJob, sortsOf } from './alone/reservations.ts';
import { claimedColumns, logClaim } from './slots/begin-attempt.ts';
import { busyPlaces, isKindIn, mayStart, nextJob, type Place } from './slots/next-job.ts';

export interface Claim {
  slot: string;
  /** Jobs that run in the slot at once, without the extra place; JOBS_PER_SLOT by default. */
  jobsPerSlot?: number;
  /** Whether to claim a page. By default only a slot for pages does. */
  pages?: boolean;
  /** The kinds of job that the downloader knows; all by default. */
  kinds?: readonly string[];
  /** The fleet member that asks. It may have been revoked while its call waited. */
  memberId?: string;
  /** See `claimedColumns`. */
  inPlaceOf?: string;
}

/**
 * Claims the next job for this slot. Null when no job is due, every workspace with due jobs is at its limit, or the slot
 * is full. A slot that is reserved for a job that runs alone takes only this one, when nothing else runs there. One guarded
 * statement takes the job, so two callers never get the same one.
 */
export async function claimNext(ctx: Ctx, claim: Claim): Promise<JobRow | null> {
  const [job] = await claimStatement(ctx, claim);
  if (job) logClaim(ctx, job);
  return job ?? null;
}

/** The statement of a claim, for a batch that does more. It returns the job, if there is one and `guard` holds. */
export function claimStatement(
  ctx: Ctx,
  {
    slot,
    jobsPerSlot = ctx.config.JOBS_PER_SLOT,
    pages = isPageSlot(slot),
    kinds,
    memberId,
    inPlaceOf,
  }: Claim,
  guard?: SQL,
) {
  const now = ctx.now();
  const place = { slot, places: jobsPerSlot, now, pages, kinds: kinds && isKindIn(kinds) };
  const sorts = sortsOf(ctx, slot);
  return ctx.db
    .update(jobs)
    .set(claimedColumns(slot, now, inPlaceOf))
    .where(
      and(
        inArray(jobs.status, statusesBefore('processing')),
        place.kinds ? isNextIn(place, sorts) : isNextOfAllKinds(place, sorts),
        memberId === undefined ? undefined : isNotRevoked(memberId),
        guard,
      ),
    )
    .returning();
}

function isNextIn(place: Place, sorts: number[]): SQL {
  return sql`(${jobs.id} = coalesce(${reservedJob(place, sorts)}, (${nextJob(place)})) AND ${mayRunAlone(place)})`;
}

/** Made once for each sort of slot. */
const nextJobs = new Map<string, ReturnType<typeof preparedPart>>();

function isNextOfAllKinds({ slot, places, now, pages }: Place, sorts: number[]): SQL {
  const name = `${pages} ${sorts.join()}`;
  const given = (value: string) => sql`${sql.placeholder(value)}`;
  const place = { slot: given('slot'), places: given('places'), now: given('now'), pages };
  const part = nextJobs.get(name) ?? preparedPart(isNextIn(place, sorts));
  nextJobs.set(name, part);
  return part({ slot, places, now });
}

/** A job that runs alone needs an empty slot, and the common queue has not checked the limit of its workspace. */
function mayRunAlone(place: Place) {
  return sql`(${jobs.runAfter} < ${NEVER} OR (${busyPlaces(place)} = 0 AND ${mayStart(sql`${jobs}`)}))`;
}

function isNotRevoked(id: string) {
  return sql`NOT EXISTS (SELECT 1 FROM ${fleetMembers} WHERE id = ${id} AND revoked_at IS NOT NULL)`;
}
