/** The actions of the model test. An index is taken modulo the length of its list, so every sequence is possible. */
import { eq } from 'drizzle-orm';
import { array, constant, constantFrom, nat, oneof, record, tuple, type Arbitrary } from 'fast-check';
import { expect } from 'vitest';
import type { Ctx } from '../../../../worker/context.ts';
import { JobKind } from '../../../../worker/contract/job.ts';
import { Command } from '../../../../worker/contract/downloader/command.ts';
import { AppError } from '../../../../worker/errors.ts';
import { placements } from '../../../../worker/db/tables/artifacts.ts';
import { requireLiveAttempt } from '../../../../worker/attempts/live-attempt.ts';
import { cancelJob } from '../../../../worker/jobs/cancel-job.ts';
import { claimForMember } from '../../../../worker/jobs/claim-for-member.ts';
import { completeJob } from '../../../../worker/jobs/complete-job.ts';
import { createImport } from '../../../../worker/jobs/create-import.ts';
import { endAttemptsOfSlot } from '../../../../worker/jobs/end/end-attempts-of-slot.ts';
import { failJob } from '../../../../worker/jobs/fail-job.ts';
import { heartbeat } from '../../../../worker/jobs/heartbeat.ts';
import { sweep } from '../../../../worker/jobs/sweep.ts';
import { fillSlots } from '../../../../worker/jobs/fill-slots.ts';
import { completeUpload } from '../../../../worker/jobs/complete-upload.ts';
import { openFile } from '../../../../worker/jobs/open-file.ts';
import { artifactRequest, attemptOf, putAll, someBytes } from '../../support/uploads.ts';
import { beatOf } from '../../support/claimed.ts';
import { makePlacement } from '../../support/rows.ts';
import { MEMBER_CAPACITY, type FinalCall, type World } from './world.ts';

const index = nat({ max: 11 });
const message = oneof(
  record({
    do: constant('ring' as const),
    outcomes: array(constantFrom('accepted' as const, 'unreachable' as const, 'unknown' as const), {
      maxLength: 3,
    }),
  }),
  record({ do: constant('pull' as const) }),
  record({ do: constant('stop' as const), slot: constantFrom('slot-0', 'slot-1', 'page-0') }),
  record({ do: constant('beat' as const), of: array(index, { minLength: 1, maxLength: 3 }) }),
  record({ do: constant('complete' as const), of: index }),
  record({ do: constant('upload' as const), of: nat({ max: 5 }) }),
  record({
    do: constant('fail' as const),
    of: index,
    code: constantFrom(
      'source_unavailable' as const,
      'source_not_found' as const,
      'downloader_out_of_memory' as const,
      'downloader_draining' as const,
      'source_is_page' as const,
      'canceled' as const,
    ),
  }),
  record({ do: constant('cancel' as const), of: index }),
  record({ do: constant('sweep' as const) }),
);
type Message = typeof message extends Arbitrary<infer T> ? T : never;

/** One action, or two messages at the same time. */
export const actions = oneof(
  { weight: 2, arbitrary: record({ do: constant('create' as const), workspace: nat({ max: 1 }) }) },
  { weight: 2, arbitrary: record({ do: constant('store' as const), of: index }) },
  {
    weight: 2,
    arbitrary: record({
      do: constant('wait' as const),
      seconds: constantFrom(1, 6, 30, 61, 1000),
    }),
  },
  { weight: 6, arbitrary: message },
  {
    weight: 2,
    arbitrary: record({ do: constant('together' as const), both: tuple(message, message) }),
  },
);
type Action = typeof actions extends Arbitrary<infer T> ? T : never;

/** An AppError is a valid answer. Any other error fails the test. */
export async function perform(world: World, action: Action): Promise<void> {
  if (action.do === 'together') {
    await Promise.all(action.both.map((each) => unlessRefused(receive(world, each))));
  } else if (action.do === 'create') {
    const workspaceId = world.workspaceIds[action.workspace]!;
    await createImport(world.ctx, { workspaceId, request: { url: 'https://a.example/v.mp4' } });
  } else if (action.do === 'wait') {
    world.ctx.clock.advance(action.seconds * 1000);
  } else if (action.do === 'store') {
    await unlessRefused(store(world, pick(world.commands, action.of)));
  } else {
    await unlessRefused(receive(world, action));
  }
}

async function receive(world: World, action: Message): Promise<unknown> {
  const { ctx } = world;
  switch (action.do) {
    case 'ring':
      world.outcomes = [...action.outcomes];
      return fillSlots(ctx);
    case 'pull':
      return pull(world);
    case 'stop':
      return endAttemptsOfSlot(ctx, { slot: action.slot, stoppedAt: ctx.now() });
    case 'beat': {
      const tokens = action.of.flatMap((of) => pick(world.commands, of)?.token ?? []);
      return tokens.length === 0 ? null : heartbeat(ctx, beatOf(tokens));
    }
    case 'complete': {
      const command = pick(world.commands, action.of);
      return command ? completeJob(ctx, { ref: command, report: { warnings: [] } }) : null;
    }
    case 'upload': {
      const command = pick(world.commands, action.of);
      return command ? upload(world, command) : null;
    }
    case 'fail': {
      const command = pick(world.commands, action.of);
      const report = { failure: { code: action.code }, source: null };
      return command ? failJob(ctx, { ref: command, report }) : null;
    }
    case 'cancel': {
      const job = pick(await world.readJobs(), action.of);
      return job ? cancelJob(ctx, { workspaceId: job.workspaceId, jobId: job.id }) : null;
    }
    case 'sweep':
      return sweep(ctx);
  }
}

/** The member of the fleet asks for a job once; whether the answer arrives shows in later messages. */
async function pull({ ctx, member, commands }: World): Promise<void> {
  const { signal } = new AbortController();
  const dispatch = await claimForMember(ctx, { member, capacity: MEMBER_CAPACITY, waitMs: 0, signal });
  if (dispatch) commands.push(Command.parse(JSON.parse(dispatch.body)));
}

/**
 * The attempt sends its file and completes the upload with its job; after that, only this last call is repeated. The answer may hand over a job,
 * which is always the same one.
 */
async function upload({ ctx, commands, finals }: World, command: Command): Promise<void> {
  const name = `${command.jobId} ${command.attempt}`;
  const caller = { ref: command, features: new Set<never>() };
  const final = finals.get(name) ?? (await sendFile(ctx, caller));
  finals.set(name, final);
  const answer = await completeUpload(ctx, { ...caller, ...final });
  if (answer.outcome !== 'stored' || !answer.next) return;
  const next = Command.parse(JSON.parse(answer.next.body));
  final.next ??= next;
  expect(next).toMatchObject({ jobId: final.next.jobId, attempt: final.next.attempt });
  commands.push(next);
}

async function sendFile(ctx: Ctx, caller: { ref: Command; features: Set<never> }): Promise<FinalCall> {
  const live = attemptOf((await requireLiveAttempt(ctx, caller.ref)).job);
  const plan = await openFile(ctx, { ...caller, file: artifactRequest({ sizeBytes: FILE.length }) });
  const stored = await putAll(ctx, live, plan, FILE);
  const next = { capacity: ctx.config.JOBS_PER_SLOT, kinds: JobKind.options };
  const { placementId } = plan;
  return { placementId, report: { ...stored, completed: { warnings: [] }, next } };
}

const FILE = someBytes(1000);

/** Counts from the newest, so that most messages come from attempts that may still be live. */
function pick<T>(list: T[], of: number): T | undefined {
  return list.length === 0 ? undefined : list[list.length - 1 - (of % list.length)];
}

/** A live attempt stores its file, once. */
async function store({ ctx }: World, command: Command | undefined): Promise<void> {
  if (!command) return;
  const { job } = await requireLiveAttempt(ctx, command);
  const known = await ctx.db.query.placements.findMany({ where: eq(placements.jobId, job.id) });
  if (!known.some(({ attempt }) => attempt === job.attempt)) await makePlacement(ctx, job);
}

async function unlessRefused(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
  }
}

/** Ends every job: from now on all downloaders answer, and every attempt completes. */
export async function drain(world: World): Promise<void> {
  for (let round = 0; round < 100; round++) {
    if ((await world.readJobs()).every(({ finishedAt }) => finishedAt !== null)) return;
    await perform(world, { do: 'wait', seconds: 1000 });
    await perform(world, { do: 'sweep' });
    const known = world.commands.length;
    await perform(world, { do: 'ring', outcomes: [] });
    for (const command of world.commands.slice(known)) {
      await unlessRefused(store(world, command));
      await unlessRefused(completeJob(world.ctx, { ref: command, report: { warnings: [] } }));
    }
  }
}
