/** Single PUTs through the Worker that end after their upload has ended. Their objects must not remain. */
import { env } from 'cloudflare:workers';
import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import type { UploadAttempt } from '../../../../worker/storage/uploads/upload-rules.ts';
import { jobs } from '../../../../worker/db/tables/jobs.ts';
import { abortPlacement } from '../../../../worker/storage/uploads/abort-placement.ts';
import { cleanUpAttempt } from '../../../../worker/storage/uploads/leftovers/clean-up-attempt.ts';
import { completePlacement } from '../../../../worker/storage/uploads/complete-placement.ts';
import { openPlacement } from '../../../../worker/storage/uploads/open-placement.ts';
import type { UploadPlan } from '../../../../worker/contract/downloader/upload-plan.ts';
import { makeCtx, type TestCtx } from '../../support/make-ctx.ts';
import { artifactRequest, makeLive, placementsOf, put, putAll, someBytes } from '../../support/uploads.ts';

const code = (name: string) => expect.objectContaining({ code: name });
const bytes = someBytes(1000);

interface Single {
  ctx: TestCtx;
  live: UploadAttempt;
  plan: UploadPlan;
}

async function openSingle(): Promise<Single> {
  const ctx = makeCtx();
  const live = await makeLive(ctx);
  return {
    ctx,
    live,
    plan: await openPlacement(ctx, { live, file: artifactRequest({ sizeBytes: bytes.length }) }),
  };
}

/** Sends the part; `meanwhile` happens after the checks of the call and before R2 has the bytes. */
function putLate({ ctx, live, plan }: Single, meanwhile: () => Promise<unknown>) {
  const media = new Proxy(env.MEDIA, {
    get: (bucket, name) =>
      name === 'put'
        ? async (...args: Parameters<R2Bucket['put']>) => {
            await meanwhile();
            return bucket.put(...args);
          }
        : (bucket[name as keyof R2Bucket] as () => unknown).bind(bucket),
  });
  return put({ ...ctx, media }, live, plan, 1, bytes);
}

const move = ({ ctx, live }: Single, values: Partial<typeof jobs.$inferInsert>) =>
  ctx.db.update(jobs).set(values).where(eq(jobs.id, live.job.id));

async function expectNoObject({ ctx, live, plan }: Single): Promise<void> {
  const row = (await placementsOf(ctx, live)).find(({ id }) => id === plan.placementId)!;
  expect(row.status).toBe('aborted');
  expect(await env.MEDIA.head(row.key)).toBeNull();
}

describe('a single PUT into service storage', () => {
  it('that lands after its upload was given up is removed', async () => {
    const upload = await openSingle();
    const { ctx, live, plan } = upload;
    const failure = { code: 'storage_upload_lost' } as const;
    const late = putLate(upload, () => abortPlacement(ctx, { live, placementId: plan.placementId, failure }));
    await expect(late).rejects.toThrow(code('invalid_request'));
    await expectNoObject(upload);
  });

  it('that lands after its attempt ended is removed', async () => {
    const upload = await openSingle();
    const { ctx, live } = upload;
    const late = putLate(upload, async () => {
      await move(upload, { status: 'queued' });
      await cleanUpAttempt(ctx, { jobId: live.job.id, attempt: live.attempt });
    });
    await expect(late).rejects.toThrow(code('stale'));
    await expectNoObject(upload);
  });

  it.each(['processing', 'completed'] as const)(
    'that repeats one whose file is stored leaves the file of the %s job alone',
    async (status) => {
      const upload = await openSingle();
      const { ctx, live, plan } = upload;
      await putLate(upload, async () => {
        const body = await putAll(ctx, live, plan, bytes);
        await completePlacement(ctx, { live, placementId: plan.placementId, report: body });
        await move(upload, { status });
      });
      const [row] = await placementsOf(ctx, live);
      expect(row!.status).toBe('stored');
      const object = await env.MEDIA.get(row!.key);
      expect(new Uint8Array(await object!.arrayBuffer())).toEqual(bytes);
    },
  );
});
