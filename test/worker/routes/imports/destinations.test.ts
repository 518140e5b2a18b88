import { eq } from 'drizzle-orm';
import { beforeEach, describe, expect, it } from 'vitest';
import { destinations } from '../../../../worker/db/tables/destinations.ts';
import { jobs } from '../../../../worker/db/tables/jobs.ts';
import { emptyTables } from '../../support/empty-tables.ts';
import { makeApi, type TestApi } from '../../support/make-api.ts';
import { makeDestination } from '../../transfers/imported.ts';

const URL = 'https://media.example/clip.mp4';
let api: TestApi;

beforeEach(async () => {
  await emptyTables();
  api = await makeApi();
  for (const name of ['a', 'b', 'c'])
    await makeDestination(api.ctx, api.workspaceId, { name, isDefault: name === 'a' });
});

const start = async (request: object) => {
  const answer = await api.call('POST', '/import', { url: URL, store: true, ...request });
  return { status: answer.status, ...(await answer.json<Record<string, string>>()) };
};
const jobOf = () => api.ctx.db.query.jobs.findFirst({ where: eq(jobs.workspaceId, api.workspaceId) });

describe('storageDestinations', () => {
  it.each([
    { storageDestinations: ['b', 'a', 'c'] },
    { storageDestinations: ['b', 'a'], storageDestination: 'b' },
    { storageDestinations: ['b'], storageBucket: 'bucket', storageClass: 'STANDARD' },
  ])('is kept with its first name as storageDestination: %j', async (request) => {
    expect(await start(request)).toMatchObject({ status: 200 });
    expect((await jobOf())!.request).toMatchObject({ ...request, storageDestination: 'b' });
    expect((await jobOf())!.warnings).toBeNull();
  });

  it.each([
    [{ storageDestinations: [] }, 'storageDestinations'],
    [{ storageDestinations: 'a' }, 'storageDestinations'],
    [{ storageDestinations: [1] }, 'storageDestinations.0'],
    [{ storageDestinations: ['a', 'A b'] }, 'storageDestinations.1'],
    [{ storageDestinations: ['a', 'a'] }, 'storageDestinations'],
    [{ storageDestinations: ['a', 'b', 'c', 'd', 'e', 'f'] }, 'storageDestinations'],
    [{ storageDestinations: ['a', 'unknown'] }, 'storageDestinations'],
    [{ storageDestinations: ['a', 'b'], storageDestination: 'b' }, 'storageDestination'],
    [{ storageDestinations: ['a', 'b'], storageBucket: 'bucket' }, 'storageBucket'],
    [{ storageDestinations: ['a', 'b'], storageClass: 'STANDARD' }, 'storageClass'],
  ])('is refused: %j', async (request, field) => {
    expect(await start(request)).toMatchObject({ status: 400, code: 'invalid_request', field });
    expect(await jobOf()).toBeUndefined();
  });

  it('is refused if no destination can be the source of the copies, whose keys and fallback say so', async () => {
    await api.ctx.db.update(destinations).set({ fallback: 'none' });
    const request = { storageDestinations: ['a', 'b'] };
    expect(await start(request)).toMatchObject({
      status: 400,
      field: 'storageDestinations',
      error: expect.stringContaining('s3:GetObject'),
    });
    await api.ctx.db
      .update(destinations)
      .set({ learned: { canGetObject: true } })
      .where(eq(destinations.name, 'b'));
    expect(await start(request)).toMatchObject({ status: 200 });
  });

  it('has no effect without store, which the job says', async () => {
    expect(await start({ storageDestinations: ['a', 'b'], store: false })).toMatchObject({ status: 200 });
    expect((await jobOf())!.warnings).toEqual([expect.stringContaining('storageDestinations')]);
  });
});
