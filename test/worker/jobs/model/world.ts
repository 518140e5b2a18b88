/** The state of the model test: every command that was sent, whether it arrived or not, and how jobs ended. */
import { inArray } from 'drizzle-orm';
import type { DispatchOutcome } from '../../../../worker/downloader.ts';
import type { CompleteRequest } from '../../../../worker/contract/downloader/report.ts';
import type { Command } from '../../../../worker/contract/downloader/command.ts';
import type { JobRow } from '../../../../worker/db/rows.ts';
import { memberSlot } from '../../../../worker/contract/downloader/slot-names.ts';
import type { FleetMember } from '../../../../worker/fleet/fleet-token.ts';
import { jobs } from '../../../../worker/db/tables/jobs.ts';
import { makeCtx, type TestCtx } from '../../support/make-ctx.ts';
import { makeWorkspace } from '../../support/rows.ts';
import { makeEndpoint } from '../../webhooks/receiver.ts';

export interface World {
  ctx: TestCtx;
  workspaceIds: string[];
  /** A downloader that fetches its jobs. */
  member: FleetMember;
  /** Commands of all attempts, oldest first: the source of repeated and late messages. */
  commands: Command[];
  /** The last call of each attempt that has sent its file. */
  finals: Map<string, FinalCall>;
  /** The row of each job as it was right after its end. */
  ended: Map<string, JobRow>;
  /** The answers of the next dispatches, in order. Later dispatches are accepted. */
  outcomes: DispatchOutcome[];
  readJobs: () => Promise<JobRow[]>;
}

/** The call that completes an upload with its job, and the job that its answer has handed over. */
export interface FinalCall {
  placementId: string;
  report: CompleteRequest;
  next?: Command;
}

/** Jobs that the member of the fleet runs at once. */
export const MEMBER_CAPACITY = 2;

/**
 * Two workspaces, which may run one and three jobs at a time and of which the second has a webhook, two slots for two files each, one for two pages, and a downloader that
 * fetches its jobs.
 */
export async function makeWorld(): Promise<World> {
  const ctx = makeCtx();
  ctx.config = { ...ctx.config, DOWNLOADER_SLOTS: 2, PAGE_SLOTS: 1, JOBS_PER_SLOT: 2, MAX_FAILURES: 3 };
  const workspaceIds = [
    await makeWorkspace(ctx, { maxConcurrent: 1 }),
    await makeWorkspace(ctx, { maxConcurrent: 3 }),
  ];
  await makeEndpoint(ctx, workspaceIds[1]!);
  const world: World = {
    ctx,
    workspaceIds,
    member: { id: 'member', name: 'rack', slot: memberSlot('rack'), lastSeenAt: null, processId: null },
    commands: [],
    finals: new Map(),
    ended: new Map(),
    outcomes: [],
    readJobs: () =>
      ctx.db.select().from(jobs).where(inArray(jobs.workspaceId, workspaceIds)).orderBy(jobs.id),
  };
  ctx.downloader.dispatch = async (_slot, command) => {
    world.commands.push(command);
    return world.outcomes.shift() ?? 'accepted';
  };
  return world;
}
