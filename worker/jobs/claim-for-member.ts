/** Hands a job to a downloader that asks for one, with the same lease and the same fence as a job that is sent. */
import { eq } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { DownloaderProcess } from '../contract/downloader/process-header.ts';
import type { SignedCommand } from '../contract/downloader/claim.ts';
import { JobKind } from '../contract/job.ts';
import { fleetMembers } from '../db/tables/fleet.ts';
import type { JobRow } from '../db/rows.ts';
import type { FleetMember } from '../fleet/fleet-token.ts';
import { claimNext } from './claim-next.ts';
import { makeCommand } from './dispatch-job.ts';
import { endAttemptsOfSlot } from './end/end-attempts-of-slot.ts';

/** How long a call waits for a job: proxies cut connections that are silent for longer. */
export const CLAIM_WAIT_MS = 25_000;
/** Between two looks into the queue, in milliseconds; each is one D1 call. */
const LOOK_EVERY_MS = 1_000;
/** `lastSeenAt` is written at most this often, in milliseconds. */
const SEEN_EVERY_MS = 60_000;

interface MemberClaim {
  member: FleetMember;
  /** Jobs that the downloader runs at once. */
  capacity: number;
  /** The kinds of job that it knows; all by default. Others would be claimed for nothing. */
  kinds?: readonly string[];
  /** Null for a downloader of an earlier version. */
  sender?: DownloaderProcess | null;
  waitMs?: number;
  /** Aborted when the downloader hangs up: a job that is claimed for nobody would wait for the end of its lease. */
  signal: AbortSignal;
}

/** The signed dispatch of the next job, or null when none is due within the wait. */
export async function claimForMember(ctx: Ctx, claim: MemberClaim): Promise<SignedCommand | null> {
  const { member, capacity, kinds = JobKind.options, sender = null, waitMs = CLAIM_WAIT_MS, signal } = claim;
  await markSeen(ctx, member, sender);
  const deadline = Date.now() + waitMs;
  while (!signal.aborted) {
    const job = await claimAnything(ctx, {
      slot: member.slot,
      memberId: member.id,
      jobsPerSlot: capacity,
      kinds,
    });
    if (job) {
      const command = await makeCommand(ctx, { slot: member.slot, job });
      return ctx.downloader.sign(command);
    }
    if (Date.now() + LOOK_EVERY_MS > deadline) return null;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  return null;
}

type Place = Required<Pick<MemberClaim, 'kinds'>> & { slot: string; memberId: string; jobsPerSlot: number };

/** A fleet member takes files and pages. */
async function claimAnything(ctx: Ctx, place: Place): Promise<JobRow | null> {
  const job = await claimNext(ctx, place);
  return job === null && ctx.config.PAGE_SLOTS > 0 ? claimNext(ctx, { ...place, pages: true }) : job;
}

/** The first claim of a process ends the attempts of the one before it, which cannot report them any more. */
async function markSeen(
  ctx: Ctx,
  { id, slot, lastSeenAt, processId }: FleetMember,
  sender: DownloaderProcess | null,
): Promise<void> {
  const now = ctx.now();
  const isNew = sender !== null && sender.id !== processId;
  if (!isNew && lastSeenAt !== null && now - lastSeenAt < SEEN_EVERY_MS) return;
  const seen = { lastSeenAt: now, processId: sender?.id ?? processId };
  await ctx.db.update(fleetMembers).set(seen).where(eq(fleetMembers.id, id));
  if (isNew) await endAttemptsOfSlot(ctx, { slot, stoppedAt: now - sender.uptimeMs });
}
