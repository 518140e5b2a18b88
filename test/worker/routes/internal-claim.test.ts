import { env } from 'cloudflare:workers';
import { eq } from 'drizzle-orm';
import { beforeEach, describe, expect, it } from 'vitest';
import { createApp } from '../../../worker/app.ts';
import { parseConfig } from '../../../worker/config.ts';
import { formatProcess, PROCESS_HEADER } from '../../../worker/contract/downloader/process-header.ts';
import { Command } from '../../../worker/contract/downloader/command.ts';
import { JobKind } from '../../../worker/contract/job.ts';
import { attempts, jobs } from '../../../worker/db/tables/jobs.ts';
import { fleetMembers } from '../../../worker/db/tables/fleet.ts';
import { hashFleetToken, randomFleetToken } from '../../../worker/fleet/fleet-token.ts';
import { claimForMember } from '../../../worker/jobs/claim-for-member.ts';
import { heartbeat } from '../../../worker/jobs/heartbeat.ts';
import { sweep } from '../../../worker/jobs/sweep.ts';
import { openPlacement } from '../../../worker/storage/uploads/open-placement.ts';
import { requestStore } from '../../../worker/transfers/request-store.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeCtx, type TestCtx } from '../support/make-ctx.ts';
import { makeJob, makeWorkspace } from '../support/rows.ts';
import { artifactRequest, attemptOf, signFor } from '../support/uploads.ts';
import { makeDestination, makeImported } from '../transfers/imported.ts';

beforeEach(emptyTables);

async function makeMember(ctx: TestCtx, name = 'rack-1') {
  const token = randomFleetToken();
  const row = { id: ctx.newId(), name, tokenHash: await hashFleetToken(token), createdAt: ctx.now() };
  await ctx.db.insert(fleetMembers).values(row);
  return { token, member: { id: row.id, name, slot: `pull-${name}`, lastSeenAt: null, processId: null } };
}

const claim = (ctx: TestCtx, token: string, body: unknown = { capacity: 2 }) =>
  createApp(ctx).request('/internal/claim', {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

const readJob = async (ctx: TestCtx, id: string) =>
  (await ctx.db.query.jobs.findFirst({ where: eq(jobs.id, id) }))!;

describe('POST /internal/claim', () => {
  it('hands out the next job with a lease, for the public address of the Worker', async () => {
    const ctx = makeCtx();
    const { token } = await makeMember(ctx);
    const job = await makeJob(ctx);
    const answer = await claim(ctx, token);
    const { dispatch } = await answer.json<{ dispatch: { body: string } }>();
    const command = Command.parse(JSON.parse(dispatch.body));
    expect(command).toMatchObject({
      jobId: job.id,
      attempt: 1,
      slot: 'pull-rack-1',
      controlUrl: 'http://127.0.0.1:8787/internal',
    });
    expect(await readJob(ctx, job.id)).toMatchObject({ status: 'processing', slot: 'pull-rack-1' });
    const [seen] = await ctx.db.select().from(fleetMembers);
    expect(seen?.lastSeenAt).toBe(ctx.now());
  });

  it('counts a job as accepted with its first heartbeat, and takes it back at no cost without one', async () => {
    const ctx = makeCtx();
    const { token } = await makeMember(ctx);
    const [first, second] = [await makeJob(ctx), await makeJob(ctx)];
    const commands = await Promise.all(
      [1, 2].map(async () => {
        const { dispatch } = await (await claim(ctx, token)).json<{ dispatch: { body: string } }>();
        return Command.parse(JSON.parse(dispatch.body));
      }),
    );
    expect(commands.map(({ jobId }) => jobId).sort()).toEqual([first.id, second.id].sort());
    const [kept, lost] = commands as [Command, Command];
    ctx.clock.advance(50_000);
    await heartbeat(ctx, {
      slot: kept.slot,
      capacity: 2,
      versions: { downloader: '1', ytdlp: null, ffmpeg: null },
      jobs: [{ token: kept.token, stage: 'downloading', bytesDone: 1, bytesTotal: null }],
    });
    ctx.clock.advance(20_000);
    await sweep(ctx);
    expect(await readJob(ctx, kept.jobId)).toMatchObject({ status: 'processing' });
    expect(await readJob(ctx, lost.jobId)).toMatchObject({ status: 'queued', failures: 0 });
    const outcomes = await ctx.db.select({ outcome: attempts.outcome }).from(attempts);
    expect(outcomes).toEqual([{ outcome: 'undelivered' }]);
  });

  it('hands out no more jobs than the downloader runs at once', async () => {
    const ctx = makeCtx();
    const { member } = await makeMember(ctx);
    const workspaceId = await makeWorkspace(ctx);
    await makeJob(ctx, { workspaceId });
    await makeJob(ctx, { workspaceId });
    const input = { member, capacity: 1, waitMs: 0, signal: new AbortController().signal };
    expect(await claimForMember(ctx, input)).not.toBeNull();
    expect(await claimForMember(ctx, input)).toBeNull();
    // The first job of another workspace gets the extra place.
    await makeJob(ctx);
    await makeJob(ctx);
    expect(await claimForMember(ctx, input)).not.toBeNull();
    expect(await claimForMember(ctx, input)).toBeNull();
  });

  it('names only the public address of the Worker in requests for parts and in the source of a store job', async () => {
    const config = { ...parseConfig(env), PUBLIC_URL: 'https://api.example', DOWNLOADER_URL: undefined };
    const ctx = makeCtx({ config });
    const { member } = await makeMember(ctx);
    const signal = new AbortController().signal;
    const claimCommand = async () => {
      const dispatch = await claimForMember(ctx, { member, capacity: 2, waitMs: 0, signal });
      return Command.parse(JSON.parse(dispatch?.body ?? '{}'));
    };
    await makeJob(ctx);
    const { jobId } = await claimCommand();
    const live = attemptOf(await readJob(ctx, jobId));
    const { placementId } = await openPlacement(ctx, { live, file: artifactRequest() });
    const parts = [{ number: 1, sizeBytes: 1, digest: 'AAAAAA==' }];
    const [part] = await signFor(ctx, { live, placementId, parts, token: 'token' });
    expect(part?.url).toMatch('https://api.example/internal/');

    const workspaceId = await makeWorkspace(ctx);
    const destination = await makeDestination(ctx, workspaceId);
    const importJob = await makeImported(ctx, { workspaceId });
    const order = { workspaceId, importId: importJob.id, destination, choice: {} };
    const store = await requestStore(ctx, order);
    const command = await claimCommand();
    expect(command.jobId).toBe(store.id);
    expect(command.source.url).toMatch('https://api.example/internal/');
  });

  it('gives a downloader only the kinds of job that it knows, also when jobs of other kinds are due first', async () => {
    const ctx = makeCtx();
    const { token } = await makeMember(ctx);
    const kindOf = async (body: object) => {
      const { dispatch } = await (
        await claim(ctx, token, { capacity: 9, ...body })
      ).json<{ dispatch: { body: string } }>();
      return Command.parse(JSON.parse(dispatch.body)).kind;
    };
    const workspaceId = await makeWorkspace(ctx);
    for (let job = 0; job < 3; job++) await makeJob(ctx, { kind: 'metadata', runAfter: 1 });
    await makeJob(ctx, { workspaceId, kind: 'metadata', runAfter: 1 });
    await makeJob(ctx, { workspaceId, kind: 'import' });
    // A downloader of an earlier version does not send the kinds.
    expect(await kindOf({})).toBe('import');
    await makeJob(ctx);
    expect(await kindOf({ kinds: ['import', 'future'] })).toBe('import');
    expect(await kindOf({ kinds: JobKind.options })).toBe('metadata');
  });

  it('puts a job that was not delivered behind those that wait, the further the more often that happened', async () => {
    const ctx = makeCtx();
    const { member } = await makeMember(ctx);
    const claimed = async () => {
      const call = { member, capacity: 1, waitMs: 0, signal: new AbortController().signal };
      return Command.parse(JSON.parse((await claimForMember(ctx, call))?.body ?? '{}')).jobId;
    };
    const workspaceId = await makeWorkspace(ctx);
    const dropped = await makeJob(ctx, { workspaceId, runAfter: 1 });
    const other = await makeJob(ctx, { workspaceId });
    expect(await claimed()).toBe(dropped.id);
    ctx.clock.advance(61_000);
    await sweep(ctx);
    expect(await readJob(ctx, dropped.id)).toMatchObject({
      status: 'queued',
      failures: 0,
      runAfter: ctx.now() + 10_000,
    });
    expect(await claimed()).toBe(other.id);
    await ctx.db.update(jobs).set({ attempt: 100 }).where(eq(jobs.id, dropped.id));
    await ctx.db.update(attempts).set({ attempt: 100 }).where(eq(attempts.jobId, dropped.id));
    ctx.clock.advance(61_000);
    await sweep(ctx);
    expect(await claimed()).toBe(dropped.id);
    ctx.clock.advance(61_000);
    await sweep(ctx);
    expect((await readJob(ctx, dropped.id)).runAfter).toBe(ctx.now() + 300_000);
  });

  it('ends the attempts of the process before with the first claim of another one', async () => {
    const ctx = makeCtx();
    const { token } = await makeMember(ctx);
    const claimAs = (id: string, uptimeMs: number) => {
      const headers = {
        authorization: `Bearer ${token}`,
        [PROCESS_HEADER]: formatProcess({ id: id.repeat(36), uptimeMs }),
      };
      const body = JSON.stringify({ capacity: 1 });
      const init = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body };
      return createApp(ctx).request('/internal/claim', init);
    };
    const first = await makeJob(ctx);
    await claimAs('a', 1000);
    await ctx.db.update(jobs).set({ acceptedAt: ctx.now() });
    await makeJob(ctx);
    // The same process again: its attempt goes on.
    await claimAs('a', 3000);
    expect(await readJob(ctx, first.id)).toMatchObject({ status: 'processing', attempt: 1 });
    ctx.clock.advance(10_000);
    await claimAs('b', 1000);
    expect((await readJob(ctx, first.id)).errorCode).toBe('downloader_lost');
  });

  it('waits for a job that becomes due', async () => {
    const ctx = makeCtx();
    const { member } = await makeMember(ctx);
    const waiting = claimForMember(ctx, { member, capacity: 1, signal: new AbortController().signal });
    const job = await makeJob(ctx);
    const dispatch = await waiting;
    expect(JSON.parse(dispatch?.body ?? '{}')).toMatchObject({ jobId: job.id });
  });

  it('claims nothing for a downloader that hung up', async () => {
    const ctx = makeCtx();
    const { member } = await makeMember(ctx);
    const job = await makeJob(ctx);
    expect(await claimForMember(ctx, { member, capacity: 1, signal: AbortSignal.abort() })).toBeNull();
    expect(await readJob(ctx, job.id)).toMatchObject({ status: 'queued', attempt: 0 });
  });

  it.each([
    ['no token at all', async () => ''],
    ['a token that nobody has', async () => randomFleetToken()],
    [
      'a revoked token',
      async (ctx: TestCtx) => {
        const { token } = await makeMember(ctx);
        await ctx.db.update(fleetMembers).set({ revokedAt: ctx.now() });
        return token;
      },
    ],
  ])('refuses %s', async (_case, makeToken) => {
    const ctx = makeCtx();
    const job = await makeJob(ctx);
    expect((await claim(ctx, await makeToken(ctx))).status).toBe(401);
    expect(await readJob(ctx, job.id)).toMatchObject({ status: 'queued', attempt: 0 });
  });

  it('gives nothing to a member that is revoked while its call waits', async () => {
    const ctx = makeCtx();
    const { member } = await makeMember(ctx);
    await ctx.db.update(fleetMembers).set({ revokedAt: ctx.now() });
    const job = await makeJob(ctx);
    const { signal } = new AbortController();
    expect(await claimForMember(ctx, { member, capacity: 2, waitMs: 0, signal })).toBeNull();
    expect(await readJob(ctx, job.id)).toMatchObject({ status: 'queued', attempt: 0 });
  });

  it.each([
    {},
    { capacity: 0 },
    { capacity: 101 },
    { capacity: 1, slot: 'slot-0' },
    { capacity: 1, kinds: 'import' },
  ])('refuses the body %j', async (body) => {
    const ctx = makeCtx();
    const { token } = await makeMember(ctx);
    expect((await claim(ctx, token, body)).status).toBe(400);
  });
});
