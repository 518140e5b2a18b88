import { eq } from 'drizzle-orm';
import { describe, expect, it, vi } from 'vitest';
import type { Ctx } from '../../../worker/context.ts';
import { createApiKey } from '../../../worker/auth/keys/api-key.ts';
import { apiKeys } from '../../../worker/db/tables/workspaces.ts';
import { jobs } from '../../../worker/db/tables/jobs.ts';
import { cancelJob } from '../../../worker/jobs/cancel-job.ts';
import { JobWatch, type Look, type Watcher } from '../../../worker/watch/job-watch.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { meteredDb } from '../support/metered-db.ts';
import { makeJob } from '../support/rows.ts';

interface Recorder extends Watcher {
  looks: Look[];
  isClosed: boolean;
}

/** A watcher that writes down what it sees, until the job has ended. */
function makeRecorder(keyId = 'key'): Recorder {
  const recorder: Recorder = {
    keyId,
    looks: [],
    isClosed: false,
    see: (look) => {
      recorder.looks.push(look);
      return look.job.finishedAt === null;
    },
    close: () => {
      recorder.isClosed = true;
    },
  };
  return recorder;
}

const setBytes = (ctx: Ctx, id: string, bytesDone: number) =>
  ctx.db.update(jobs).set({ bytesDone }).where(eq(jobs.id, id));

async function makeKey(ctx: Ctx, workspaceId: string, name = 'key'): Promise<string> {
  return (await createApiKey(ctx.db, { workspaceId, name, ...ctx })).row.id;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('the watch of a job', () => {
  it('reads the database at most twice a second for 200 watchers, who all see the end', async () => {
    const { db, costOf } = meteredDb();
    const ctx = makeCtx({ db });
    const job = await makeJob(ctx);
    const watch = new JobWatch(ctx, { jobId: job.id });
    const recorders = Array.from({ length: 200 }, () => makeRecorder());
    const { calls, statements } = await costOf(async () => {
      for (const [index, recorder] of recorders.entries()) {
        watch.add(recorder);
        // They do not all come at once.
        if (index % 20 === 0) await pause(100);
      }
      await pause(1500);
    });
    // Two and a half seconds: the looks at 0, 1 and 2 seconds, and the first also asks for downloaders.
    expect(statements).toBeLessThanOrEqual(5);
    expect(calls).toBe(statements);
    await cancelJob(ctx, { workspaceId: job.workspaceId, jobId: job.id });
    await vi.waitFor(() => expect(watch.watchers).toBe(0), 5000);
    for (const { looks } of recorders) {
      expect(looks.length).toBeGreaterThan(1);
      expect(looks.at(-1)).toMatchObject({ job: { status: 'canceled' }, view: { status: 'canceled' } });
    }
  });

  it('goes on for the others when one watcher fails', async () => {
    const ctx = makeCtx();
    const job = await makeJob(ctx);
    const watch = new JobWatch(ctx, { jobId: job.id, intervalMs: 10 });
    const recorder = makeRecorder(await makeKey(ctx, job.workspaceId));
    const broken = {
      ...makeRecorder(),
      see: () => {
        throw new Error('the stream is broken');
      },
    };
    watch.add(broken);
    watch.add(recorder);
    await vi.waitFor(() => expect(recorder.looks.length).toBeGreaterThan(1));
    expect(watch.watchers).toBe(1);
    expect(ctx.lines.map(({ event }) => event)).toEqual(['watch.watcher_failed']);
    watch.remove(recorder);
  });

  it('shows each change with the speed', async () => {
    const ctx = makeCtx();
    const job = await makeJob(ctx, {
      status: 'processing',
      stage: 'downloading',
      bytesTotal: 1e9,
      startedAt: ctx.now(),
    });
    const watch = new JobWatch(ctx, { jobId: job.id, intervalMs: 20 });
    const recorder = makeRecorder(await makeKey(ctx, job.workspaceId));
    watch.add(recorder);
    await vi.waitFor(() => expect(recorder.looks).not.toEqual([]));
    await setBytes(ctx, job.id, 5000);
    await vi.waitFor(() => expect(recorder.looks.at(-1)!.bytesPerSecond).toBeGreaterThan(0));
    expect(recorder.looks.at(-1)!.view).toMatchObject({ status: 'processing', bytesDone: 5000 });
    watch.remove(recorder);
  });

  it('does not read without watchers, nor more often when they come and go', async () => {
    const { db, costOf } = meteredDb();
    const ctx = makeCtx({ db });
    const job = await makeJob(ctx, { status: 'processing', startedAt: ctx.now() });
    const watch = new JobWatch(ctx, { jobId: job.id, intervalMs: 300 });
    const { statements } = await costOf(async () => {
      for (let times = 0; times < 40; times++) {
        const recorder = makeRecorder();
        watch.add(recorder);
        await vi.waitFor(() => expect(recorder.looks).not.toEqual([]), { timeout: 1000, interval: 5 });
        watch.remove(recorder);
      }
    });
    expect(statements).toBeLessThanOrEqual(2);
    await pause(350);
    const idle = await costOf(() => pause(700));
    expect(idle.statements).toBe(0);
  });

  it('closes watchers whose API key was revoked, and no others', async () => {
    const ctx = makeCtx({ now: () => Date.now() });
    const job = await makeJob(ctx, { status: 'processing', startedAt: ctx.now() });
    const { workspaceId } = job;
    const [one, other] = [await makeKey(ctx, workspaceId, 'one'), await makeKey(ctx, workspaceId, 'other')];
    const watch = new JobWatch(ctx, { jobId: job.id, intervalMs: 10 });
    const [revoked, kept] = [makeRecorder(one), makeRecorder(other)];
    for (const recorder of [revoked, kept]) watch.add(recorder);
    await ctx.db.update(apiKeys).set({ revokedAt: ctx.now() }).where(eq(apiKeys.id, one));
    await vi.waitFor(() => expect(revoked.isClosed).toBe(true), 5000);
    expect([kept.isClosed, watch.watchers]).toEqual([false, 1]);
    watch.remove(kept);
  });

  it('goes on when the database fails once', async () => {
    const ctx = makeCtx();
    const job = await makeJob(ctx);
    const recorder = makeRecorder(await makeKey(ctx, job.workspaceId));
    const { db } = ctx;
    ctx.db = {
      query: { jobs: { findFirst: () => Promise.reject(new Error('D1 is down')) } },
    } as unknown as Ctx['db'];
    const watch = new JobWatch(ctx, { jobId: job.id, intervalMs: 10 });
    watch.add(recorder);
    await vi.waitFor(() => expect(ctx.lines.map(({ event }) => event)).toContain('watch.look_failed'));
    ctx.db = db;
    await vi.waitFor(() => expect(recorder.looks).not.toEqual([]));
    watch.remove(recorder);
  });
});
