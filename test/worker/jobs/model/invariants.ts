/** What must be true of the rows after every action. */
import { inArray } from 'drizzle-orm';
import { expect } from 'vitest';
import { EXTRA_PLACES } from '../../../../worker/contract/downloader/extra-places.ts';
import { fleetSlots } from '../../../../worker/contract/downloader/slot-names.ts';
import { isTerminal } from '../../../../worker/contract/job.ts';
import type { JobRow } from '../../../../worker/db/rows.ts';
import { placements } from '../../../../worker/db/tables/artifacts.ts';
import { events } from '../../../../worker/db/tables/events.ts';
import { attempts } from '../../../../worker/db/tables/jobs.ts';
import { ledger } from '../../../../worker/db/tables/ledger.ts';
import { workspaces } from '../../../../worker/db/tables/workspaces.ts';
import { NEVER } from '../../../../worker/jobs/alone/crashes.ts';
import { MEMBER_CAPACITY, type World } from './world.ts';

export async function expectInvariants(world: World): Promise<void> {
  await world.ctx.settled();
  const rows = await world.readJobs();
  expectKnownAttempts(world, rows);
  await expectOneLiveAttempt(world, rows);
  await expectOneBillAndOneEvent(world, rows);
  await expectCounters(world, rows);
  await expectNothingLeftBehind(world, rows);
  for (const job of rows) expectSoundRow(world, job);
}

/** Whoever runs an attempt has been told: no job waits for the end of a lease that nobody has. */
function expectKnownAttempts({ commands }: World, rows: JobRow[]): void {
  for (const { id, attempt, status } of rows) {
    if (status !== 'processing') continue;
    const isKnown = commands.some((command) => command.jobId === id && command.attempt === attempt);
    expect({ id, isKnown }).toEqual({ id, isKnown: true });
  }
}

async function expectOneLiveAttempt({ ctx }: World, rows: JobRow[]): Promise<void> {
  const all = await ctx.db.select().from(attempts).orderBy(attempts.jobId, attempts.attempt);
  for (const job of rows) {
    const own = all.filter(({ jobId }) => jobId === job.id);
    const ended = ['processing', 'completed'].includes(job.status) ? job.attempt - 1 : job.attempt;
    expect(own.map(({ attempt }) => attempt)).toEqual(Array.from({ length: ended }, (_, i) => i + 1));
    expect(own.filter(({ endedAt, outcome }) => endedAt === null || outcome === null)).toEqual([]);
  }
}

async function expectOneBillAndOneEvent({ ctx, workspaceIds }: World, rows: JobRow[]): Promise<void> {
  const ended = rows.filter(({ status }) => isTerminal(status));
  const bills = await ctx.db.select().from(ledger).orderBy(ledger.jobId);
  expect(bills.map(({ jobId, status, microdollars }) => ({ jobId, status, microdollars }))).toEqual(
    ended.map(({ id, status }) => ({ jobId: id, status, microdollars: status === 'completed' ? 3 : 0 })),
  );
  const sent = await ctx.db.select().from(events).orderBy(events.jobId);
  expect(sent.map(({ jobId, type }) => ({ jobId, type }))).toEqual(
    ended
      .filter(({ workspaceId }) => workspaceId === workspaceIds[1])
      .map(({ id, status }) => ({ jobId: id, type: `import.${status}` })),
  );
}

async function expectCounters({ ctx, workspaceIds, member }: World, rows: JobRow[]): Promise<void> {
  for (const workspace of await ctx.db
    .select()
    .from(workspaces)
    .where(inArray(workspaces.id, workspaceIds))) {
    const own = rows.filter(({ workspaceId }) => workspaceId === workspace.id);
    const queued = own.filter(({ status }) => status === 'queued');
    const running = own.filter(({ status }) => status === 'processing').length;
    expect(workspace).toMatchObject({
      running,
      queued: queued.length,
      nextDueAt: nextOf(queued.filter(({ isPage }) => !isPage)),
      nextPageDueAt: nextOf(queued.filter(({ isPage }) => isPage)),
    });
    expect(running).toBeLessThanOrEqual(workspace.maxConcurrent);
  }
  const { JOBS_PER_SLOT } = ctx.config;
  const sent = fleetSlots(ctx.config).map((slot) => [slot, JOBS_PER_SLOT] as const);
  const rooms = { ...Object.fromEntries(sent), [member.slot]: MEMBER_CAPACITY };
  for (const [slot, room] of Object.entries(rooms)) {
    const busy = rows.filter((job) => job.status === 'processing' && job.slot === slot);
    if (busy.some(({ aloneAfter }) => aloneAfter !== null)) expect(busy.length).toBe(1);
    expect(busy.length).toBeLessThanOrEqual(room + EXTRA_PLACES);
    const byWorkspace = Map.groupBy(busy, ({ workspaceId }) => workspaceId);
    for (const own of byWorkspace.values()) expect(own.length).toBeLessThanOrEqual(room);
  }
}

function nextOf(queued: JobRow[]): number | null {
  return queued.length === 0 ? null : Math.min(...queued.map(({ runAfter }) => runAfter));
}

/** A stored file belongs to the attempt that completed its job, or to a live attempt. */
async function expectNothingLeftBehind({ ctx }: World, rows: JobRow[]): Promise<void> {
  const byId = new Map(rows.map((job) => [job.id, job]));
  for (const placement of await ctx.db.select().from(placements)) {
    const job = byId.get(placement.jobId)!;
    const isOwn = placement.attempt === job.attempt && ['completed', 'processing'].includes(job.status);
    // An upload that was cut off is open while its attempt runs.
    const isCutOff = placement.status === 'open' && job.status === 'processing';
    if (!(isOwn && isCutOff)) expect(placement.status).toBe(isOwn ? 'stored' : 'aborted');
  }
}

function expectSoundRow({ ctx, ended }: World, job: JobRow): void {
  const isRunning = job.status === 'processing';
  expect({ slot: job.slot !== null, lease: job.leaseUntil !== null, stage: job.stage !== null }).toEqual({
    slot: isRunning,
    lease: isRunning,
    stage: isRunning,
  });
  expect(job.finishedAt !== null && job.terminalId !== null).toBe(isTerminal(job.status));
  expect(job.failures).toBeLessThanOrEqual(Math.min(job.attempt, ctx.config.MAX_FAILURES));
  expect(job.aloneAfter !== null).toBe(job.runAfter === NEVER);
  expect(job.crashes).toBeLessThanOrEqual(3);
  if (job.status === 'queued' || job.status === 'completed') expect(job.cancelRequestedAt).toBeNull();
  if (!isTerminal(job.status)) return;
  const first = ended.get(job.id) ?? job;
  ended.set(job.id, first);
  expect(job).toEqual(first);
}
