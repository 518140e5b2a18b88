import { env } from 'cloudflare:workers';
import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { placements } from '../../../worker/db/tables/artifacts.ts';
import { makeApi } from '../support/make-api.ts';
import { makeJob } from '../support/rows.ts';
import { makeImported } from '../transfers/imported.ts';

type Api = Awaited<ReturnType<typeof makeApi>>;

/** A completed import whose file is in service storage. */
async function makeImport({ ctx, workspaceId }: Api) {
  const job = await makeImported(ctx, { workspaceId });
  const [stored] = await ctx.db.select().from(placements).where(eq(placements.jobId, job.id));
  const key = stored!.key;
  await env.MEDIA.put(key, 'bytes');
  return { job, key };
}

describe('DELETE /imports/{id}/file', () => {
  it('removes the object and its link, and keeps the import; a repetition changes nothing', async () => {
    const api = await makeApi();
    const { job, key } = await makeImport(api);
    for (let call = 0; call < 2; call++) {
      const answer = await api.call('DELETE', `/imports/${job.id}/file`);
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({ data: { status: 'completed', mediaUrl: null } });
      expect(await env.MEDIA.head(key)).toBeNull();
    }
    expect((await api.call('GET', `/import/status?id=${job.id}`)).status).toBe(200);
  });

  it("does not touch another workspace's file", async () => {
    const [mine, theirs] = [await makeApi(), await makeApi()];
    const { job, key } = await makeImport(theirs);
    expect((await mine.call('DELETE', `/imports/${job.id}/file`)).status).toBe(404);
    expect(await env.MEDIA.head(key)).not.toBeNull();
  });

  it('refuses an import that is not completed', async () => {
    const api = await makeApi();
    const job = await makeJob(api.ctx, { workspaceId: api.workspaceId });
    const answer = await api.call('DELETE', `/imports/${job.id}/file`);
    expect(answer.status).toBe(409);
    expect(await answer.json()).toMatchObject({ code: 'import_not_completed' });
  });
});
