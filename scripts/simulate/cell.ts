/** One database with the workspaces and the downloader slots that belong to it. */
import { DISPATCH_MS, HEARTBEAT_SECONDS, JOBS_PER_CLAIM, JOBS_PER_SLOT, SWEEP_SECONDS } from './constants.ts';
import { Database } from './database.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';
import type { Job } from './workload.ts';

interface Slot {
  running: number;
}

interface Workspace {
  running: number;
  /** The oldest first. */
  queued: Job[];
}

interface Claimed {
  job: Job;
  slot: Slot;
  workspace: Workspace;
}

/** What a simulation counts of the jobs. */
export interface JobEvents {
  /** `waitedMs`: from the request to the start in a downloader. */
  onStart: (job: Job, waitedMs: number) => void;
  onEnd: (job: Job) => void;
}

interface CellInput {
  timeline: Timeline;
  random: Random;
  slots: number;
  events: JobEvents;
}

export class Cell {
  readonly database: Database;
  running = 0;
  #runningMs = 0;
  #changedAtMs = 0;
  #timeline: Timeline;
  #events: JobEvents;
  #random: Random;
  #slots: Slot[];
  #workspaces = new Map<number, Workspace>();
  #waiting = 0;
  #isClaiming = false;
  #isRung = false;

  constructor({ timeline, random, slots, events }: CellInput) {
    this.#timeline = timeline;
    this.#random = random;
    this.#events = events;
    this.database = new Database(timeline);
    this.#slots = Array.from({ length: slots }, () => ({ running: 0 }));
    for (const slot of this.#slots) this.#beat(slot, random.next() * HEARTBEAT_SECONDS * 1000);
    this.#sweep(random.next() * SWEEP_SECONDS * 1000);
  }

  /** Sum of the time that jobs have run until now. */
  runningMs(): number {
    this.#runningMs += this.running * (this.#timeline.nowMs - this.#changedAtMs);
    this.#changedAtMs = this.#timeline.nowMs;
    return this.#runningMs;
  }

  #changeRunning(by: number): void {
    this.runningMs();
    this.running += by;
  }

  get waiting(): number {
    return this.#waiting;
  }

  request(job: Job): void {
    this.database.call('create', () => {
      const workspace = this.#workspaces.get(job.workspace) ?? { running: 0, queued: [] };
      this.#workspaces.set(job.workspace, workspace);
      workspace.queued.push(job);
      this.#waiting += 1;
      this.#poll(job);
      this.#ring();
    });
  }

  /** A client reads the status until the job has ended. */
  #poll(job: Job): void {
    const { pollEveryMs } = job;
    if (pollEveryMs === null) return;
    this.#timeline.after(pollEveryMs, () => {
      if (!job.hasEnded) this.database.call('status', () => this.#poll(job));
    });
  }

  /** However many rings come while one is answered, they cause one more claim. */
  #ring(): void {
    this.#isRung = true;
    if (this.#isClaiming) return;
    this.#isRung = false;
    const jobs = this.#choose();
    if (jobs.length === 0) return;
    this.#isClaiming = true;
    const claimed = () => {
      this.#isClaiming = false;
      for (const one of jobs) this.#start(one);
      if (this.#isRung || jobs.length === JOBS_PER_CLAIM) this.#ring();
    };
    this.database.call('claim', claimed, { name: 'claimedJob', count: jobs.length });
  }

  /** The oldest job of the workspace with the fewest running ones, for the emptiest of four open slots. */
  #choose(): Claimed[] {
    const chosen: Claimed[] = [];
    const open = this.#slots.filter(({ running }) => running < JOBS_PER_SLOT);
    while (chosen.length < JOBS_PER_CLAIM && open.length > 0) {
      const slot = this.#emptiestOfFour(open);
      const claimed = slot && this.#claimFor(slot);
      if (!claimed) break;
      if (slot.running === JOBS_PER_SLOT) open.splice(open.indexOf(slot), 1);
      chosen.push(claimed);
    }
    return chosen;
  }

  #claimFor(slot: Slot): Claimed | null {
    const workspace = this.#fewestRunning();
    const job = workspace?.queued.shift();
    if (!workspace || !job) return null;
    slot.running += 1;
    workspace.running += 1;
    this.#waiting -= 1;
    return { job, slot, workspace };
  }

  #emptiestOfFour(open: readonly Slot[]): Slot | null {
    const four = [0, 0, 0, 0].flatMap(() => open[this.#random.index(open.length)] ?? []);
    return four.reduce<Slot | null>((best, one) => (best && best.running <= one.running ? best : one), null);
  }

  #fewestRunning(): Workspace | null {
    let best: Workspace | null = null;
    for (const one of this.#workspaces.values())
      if (one.queued.length > 0 && (best === null || isSooner(one, best))) best = one;
    return best;
  }

  #start(claimed: Claimed): void {
    this.#timeline.after(DISPATCH_MS, () => {
      this.#begin(claimed);
      this.database.call('accepted', () => this.#run(claimed));
    });
  }

  #begin({ job }: Claimed): void {
    this.#changeRunning(1);
    this.#events.onStart(job, this.#timeline.nowMs - job.requestedAtMs);
  }

  #run(claimed: Claimed): void {
    this.#timeline.after(claimed.job.runMs, () =>
      this.database.call('artifacts', () => {
        // The call that ends a job claims the next one for its place.
        const next = this.#waiting > 0 ? { name: 'claimedJob' as const, count: 1 } : undefined;
        this.database.call('complete', () => this.#end(claimed), next);
      }),
    );
  }

  #end({ job, slot, workspace }: Claimed): void {
    job.hasEnded = true;
    this.#changeRunning(-1);
    slot.running -= 1;
    workspace.running -= 1;
    this.#events.onEnd(job);
    if (job.pollEveryMs === null) this.database.call('delivery', () => undefined);
    const next = this.#claimFor(slot);
    if (!next) return;
    this.#begin(next);
    this.#run(next);
  }

  /** One report for all jobs of a slot; none while nothing runs there. */
  #beat(slot: Slot, afterMs: number): void {
    this.#timeline.after(afterMs, () => {
      const next = () => this.#beat(slot, HEARTBEAT_SECONDS * 1000);
      const count = slot.running;
      if (count === 0) next();
      else this.database.call('heartbeat', next, { name: 'heartbeatJob', count: count - 1 });
    });
  }

  #sweep(afterMs: number): void {
    this.#timeline.after(afterMs, () => this.database.call('sweep', () => this.#sweep(SWEEP_SECONDS * 1000)));
  }
}

function isSooner(one: Workspace, other: Workspace): boolean {
  if (one.running !== other.running) return one.running < other.running;
  const oldest = ({ queued }: Workspace) => queued[0]?.requestedAtMs ?? Infinity;
  return oldest(one) < oldest(other);
}
