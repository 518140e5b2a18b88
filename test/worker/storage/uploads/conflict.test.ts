import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import type { ImportRequest } from '../../../../worker/contract/api/import-request.ts';
import type { UploadPlan } from '../../../../worker/contract/downloader/upload-plan.ts';
import type { UploadAttempt } from '../../../../worker/storage/uploads/upload-rules.ts';
import { placements } from '../../../../worker/db/tables/artifacts.ts';
import { destinations } from '../../../../worker/db/tables/destinations.ts';
import { jobs } from '../../../../worker/db/tables/jobs.ts';
import { sweep } from '../../../../worker/jobs/sweep.ts';
import { abortPlacement } from '../../../../worker/storage/uploads/abort-placement.ts';
import { cleanUpAttempt } from '../../../../worker/storage/uploads/leftovers/clean-up-attempt.ts';
import { completePlacement } from '../../../../worker/storage/uploads/complete-placement.ts';
import { openPlacement } from '../../../../worker/storage/uploads/open-placement.ts';
import { recordFacts } from '../../../../worker/storage/destinations/learned-facts.ts';
import {
  listUploads,
  asAdmin,
  makeCustomer,
  makeCustomerCtx,
  readObject,
  s3,
  sendAll,
  server,
} from '../../support/customer.ts';
import { artifactRequest, attemptOf, makeLive, placementsOf, someBytes } from '../../support/uploads.ts';

const code = (name: string) => expect.objectContaining({ code: name });
const FOREIGN = new TextEncoder().encode('somebody else was here first');
let count = 0;
const newTitle = () => `same name ${++count}`;
const admin = () => {
  const { accessKeyId, secretAccessKey } = server();
  return { accessKeyId, secretAccessKey };
};

async function putForeign(key: string): Promise<void> {
  const answer = await asAdmin('PUT', `/${encodeURIComponent(key)}`, new TextDecoder().decode(FOREIGN));
  expect(answer.status).toBe(200);
}

async function makeImport(
  storageConflict: ImportRequest['storageConflict'],
  {
    settings = {},
    workspaceId,
    title = newTitle(),
  }: { settings?: object; workspaceId?: string; title?: string } = {},
) {
  const ctx = makeCustomerCtx();
  const owner = workspaceId ?? (await makeCustomer(ctx, settings));
  const live = await makeLive(ctx, { store: true, ...(storageConflict && { storageConflict }) }, owner);
  const bytes = someBytes(50_000, ++count);
  const open = () => openPlacement(ctx, { live, file: artifactRequest({ title, sizeBytes: bytes.length }) });
  const finish = async (plan: UploadPlan) =>
    completePlacement(ctx, {
      live,
      placementId: plan.placementId,
      report: await sendAll(ctx, live, plan, bytes),
    });
  const keys = async () => (await placementsOf(ctx, live)).map(({ status, key }) => `${status} ${key}`);
  return { ctx, live, title, bytes, open, finish, keys, workspaceId: owner };
}
type Import = Awaited<ReturnType<typeof makeImport>>;

/** Uploads by each plan that it gets, and returns their number. */
async function run({ open, finish }: Import): Promise<number> {
  let plan = await open();
  for (let uploads = 1; ; uploads++) {
    const answer = await finish(plan);
    if (answer.outcome !== 'next') return uploads;
    plan = answer.plan;
  }
}

describe.skipIf(s3 === null)('an object of the same name (versitygw), with s3:PutObject alone', () => {
  it('is overwritten unless the request says otherwise', async () => {
    const upload = await makeImport(undefined);
    await putForeign(`${upload.title}.mp4`);
    expect(await run(upload)).toBe(1);
    expect((await readObject(`${upload.title}.mp4`))!.bytes).toEqual(upload.bytes);
  });

  it('with "fail" stays as it is, and the import fails with its code', async () => {
    const upload = await makeImport('fail');
    await putForeign(`${upload.title}.mp4`);
    await expect(run(upload)).rejects.toThrow(code('storage_object_exists'));
    expect((await readObject(`${upload.title}.mp4`))!.bytes).toEqual(FOREIGN);
    const [placement, ...others] = await placementsOf(upload.ctx, upload.live);
    expect(placement).toMatchObject({ errorCode: 'storage_object_exists' });
    expect(others).toEqual([]);
    // The upload is gone, and a repeated report gets no other plan.
    const failure = { code: 'storage_object_exists' as const };
    expect(
      await abortPlacement(upload.ctx, { live: upload.live, placementId: placement!.id, failure }),
    ).toEqual({ plan: null });
  });

  it('with "fail" is stored when no object has its name', async () => {
    const upload = await makeImport('fail');
    expect(await run(upload)).toBe(1);
    expect((await readObject(`${upload.title}.mp4`))!.bytes).toEqual(upload.bytes);
  });

  it('with "rename" stays as it is, and the file is stored beside it', async () => {
    const upload = await makeImport('rename');
    await putForeign(`${upload.title}.mp4`);
    expect(await run(upload)).toBe(2);
    expect((await readObject(`${upload.title}.mp4`))!.bytes).toEqual(FOREIGN);
    expect((await readObject(`${upload.title} (2).mp4`))!.bytes).toEqual(upload.bytes);
    const stored = (await placementsOf(upload.ctx, upload.live)).find(({ status }) => status === 'stored');
    expect(stored).toMatchObject({
      key: `${upload.title} (2).mp4`,
      url: expect.stringContaining('%20%282%29.mp4'),
    });
  });

  it('with "rename" ends at a name that contains the id of the job', async () => {
    const upload = await makeImport('rename');
    await putForeign(`${upload.title}.mp4`);
    await putForeign(`${upload.title} (2).mp4`);
    expect(await run(upload)).toBe(3);
    const name = `${upload.title} (${upload.live.job.id}).mp4`;
    expect((await readObject(name))!.bytes).toEqual(upload.bytes);
  });

  it('with "rename" needs no second upload if the object is from this service', async () => {
    const first = await makeImport('rename');
    expect(await run(first)).toBe(1);
    const { title, workspaceId } = first;
    const second = await makeImport('rename', { title, workspaceId });
    expect(await run(second)).toBe(1);
    const third = await makeImport('rename', { title, workspaceId });
    expect(await run(third)).toBe(1);
    expect(await third.keys()).toEqual([`stored ${title} (3).mp4`]);
    expect((await readObject(`${title}.mp4`))!.bytes).toEqual(first.bytes);
    expect((await readObject(`${title} (2).mp4`))!.bytes).toEqual(second.bytes);
  });

  it('with "rename" does not occur between uploads of one name at the same time', async () => {
    const first = await makeImport('rename');
    const { title, workspaceId } = first;
    const others = await Promise.all([0, 1].map(() => makeImport('rename', { title, workspaceId })));
    for (const { open } of [first, ...others]) await open();
    const names = await Promise.all([first, ...others].map(({ keys }) => keys()));
    expect(new Set(names.flat()).size).toBe(3);
  });

  it('that another upload makes in the meantime is not overwritten', async () => {
    const upload = await makeImport('rename');
    const plan = await upload.open();
    await putForeign(`${upload.title}.mp4`);
    const answer = await upload.finish(plan);
    expect(answer).toMatchObject({ outcome: 'next', plan: { storage: 'destination' } });
    expect((await readObject(`${upload.title}.mp4`))!.bytes).toEqual(FOREIGN);
  });

  it.each(['rename', 'fail'] as const)(
    'with "%s" does not arise from the own object of an import whose last report was lost',
    async (storageConflict) => {
      const upload = await makeImport(storageConflict);
      const { ctx, live, title } = upload;
      expect(await run(upload)).toBe(1);
      ctx.clock.advance(60_000);
      await sweep(ctx);
      const job = await ctx.db.query.jobs.findFirst({ where: eq(jobs.id, live.job.id) });
      expect(job).toMatchObject({ status: 'completed', attempt: 1, errorCode: null });
      expect((await readObject(`${title}.mp4`))!.bytes).toEqual(upload.bytes);
      expect(await upload.keys()).toEqual([`stored ${title}.mp4`]);
    },
  );

  it('leaves no unfinished upload behind', async () => {
    const upload = await makeImport('rename', { settings: admin() });
    const plan = await upload.open();
    await putForeign(`${upload.title}.mp4`);
    const answer = await upload.finish(plan);
    expect(await upload.finish((answer as { plan: UploadPlan }).plan)).toEqual({ outcome: 'stored' });
    // Other files of tests use the same bucket at the same time.
    const own = (await placementsOf(upload.ctx, upload.live)).map(({ uploadId }) => uploadId);
    expect(own).toHaveLength(2);
    expect((await listUploads()).filter((id) => own.includes(id))).toEqual([]);
  });
});

describe.skipIf(s3 === null)(
  'an attempt that ends between Complete and its record, under "fail" (versitygw)',
  () => {
    const MAY_BE_OURS = 'it may belong to this import, whose earlier upload was cut off';

    /** The object exists, its row does not say so, and the job has a new attempt. */
    async function cutOff(settings: object): Promise<Import & { again: UploadAttempt }> {
      const upload = await makeImport('fail', { settings });
      const { ctx, live, open, bytes } = upload;
      const plan = await open();
      const body = await sendAll(ctx, live, plan, bytes);
      const [{ uploadId, key } = { uploadId: '', key: '' }] = await placementsOf(ctx, live);
      const xml = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${body.parts[0]!.etag}</ETag></Part></CompleteMultipartUpload>`;
      const made = await asAdmin('POST', `/${encodeURIComponent(key)}?uploadId=${uploadId}`, xml);
      expect(made.status).toBe(200);
      await ctx.db.update(placements).set({ status: 'completing' });
      const [job] = await ctx.db
        .update(jobs)
        .set({ attempt: live.attempt + 1 })
        .where(eq(jobs.id, live.job.id))
        .returning();
      return { ...upload, again: attemptOf(job!) };
    }

    it('reports that the object may be its own when nobody may read it', async () => {
      const { ctx, again, title, bytes } = await cutOff({});
      await cleanUpAttempt(ctx, { jobId: again.job.id, attempt: again.attempt - 1 });
      const plan = await openPlacement(ctx, {
        live: again,
        file: artifactRequest({ title, sizeBytes: bytes.length }),
      });
      const body = await sendAll(ctx, again, plan, bytes);
      await expect(
        completePlacement(ctx, { live: again, placementId: plan.placementId, report: body }),
      ).rejects.toThrow(
        expect.objectContaining({
          code: 'storage_object_exists',
          message: `HTTP 412, PreconditionFailed; ${MAY_BE_OURS}`,
        }),
      );
    });

    it('reports this before a byte is sent when the object can be read', async () => {
      const { ctx, again, title } = await cutOff(admin());
      const opened = openPlacement(ctx, { live: again, file: artifactRequest({ title }) });
      await expect(opened).rejects.toThrow(
        expect.objectContaining({ code: 'storage_object_exists', message: MAY_BE_OURS }),
      );
    });

    it('does not matter after its object was removed', async () => {
      const { ctx, again, title, bytes } = await cutOff(admin());
      await cleanUpAttempt(ctx, { jobId: again.job.id, attempt: again.attempt - 1 });
      const plan = await openPlacement(ctx, {
        live: again,
        file: artifactRequest({ title, sizeBytes: bytes.length }),
      });
      const body = await sendAll(ctx, again, plan, bytes);
      expect(
        await completePlacement(ctx, { live: again, placementId: plan.placementId, report: body }),
      ).toEqual({ outcome: 'stored' });
    });
  },
);

describe.skipIf(s3 === null)('an object of the same name that may be seen (versitygw)', () => {
  it('with "fail" ends the import before a byte is sent', async () => {
    const upload = await makeImport('fail', { settings: admin() });
    await putForeign(`${upload.title}.mp4`);
    await expect(upload.open()).rejects.toThrow(code('storage_object_exists'));
    expect(await placementsOf(upload.ctx, upload.live)).toEqual([]);
  });

  it('with "rename" is skipped in one upload', async () => {
    const upload = await makeImport('rename', { settings: admin() });
    for (const suffix of ['', ' (2)', ' (3)']) await putForeign(`${upload.title}${suffix}.mp4`);
    expect(await run(upload)).toBe(1);
    expect((await readObject(`${upload.title} (4).mp4`))!.bytes).toEqual(upload.bytes);
  });

  it('is recognized as our own when the answer to Complete was lost', async () => {
    const upload = await makeImport('fail', { settings: admin() });
    const plan = await upload.open();
    const body = await sendAll(upload.ctx, upload.live, plan, upload.bytes);
    const [{ uploadId, key } = { uploadId: '', key: '' }] = await placementsOf(upload.ctx, upload.live);
    const xml = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${body.parts[0]!.etag}</ETag></Part></CompleteMultipartUpload>`;
    const done = await asAdmin('POST', `/${encodeURIComponent(key)}?uploadId=${uploadId}`, xml);
    expect(done.status).toBe(200);
    const answer = await completePlacement(upload.ctx, {
      live: upload.live,
      placementId: plan.placementId,
      report: body,
    });
    expect(answer).toEqual({ outcome: 'stored' });
  });
});

it.skipIf(s3 === null)(
  'is detected by Complete alone: a small file with a condition is not a single PUT (versitygw)',
  async () => {
    const kinds = [];
    for (const conflict of [undefined, 'rename', 'fail'] as const) {
      const { ctx, open, workspaceId } = await makeImport(conflict);
      const row = await ctx.db.query.destinations.findFirst({
        where: eq(destinations.workspaceId, workspaceId),
      });
      await recordFacts(ctx, row!, { checksCrc32: true, regions: { [server().bucket]: server().region } });
      kinds.push((await open()).kind);
    }
    expect(kinds).toEqual(['single', 'multipart', 'multipart']);
  },
);
