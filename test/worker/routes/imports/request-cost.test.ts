/** What a request for an import costs in calls of D1. */
import { expect, it } from 'vitest';
import { makeApi, type TestApi } from '../../support/make-api.ts';
import { makeCtx } from '../../support/make-ctx.ts';
import { meteredDb } from '../../support/metered-db.ts';

const SETTINGS = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  bucket: 'your-bucket',
  region: 'us-east-1',
};

it('the key and the default destination of its workspace are read in one call', async () => {
  const { db, costOf } = meteredDb();
  const ctx = makeCtx({ db });
  const [owner, stranger] = [await makeApi(ctx), await makeApi(ctx)];
  expect((await owner.call('PUT', '/storage', SETTINGS)).status).toBe(200);
  const start = (api: TestApi, options = {}) =>
    api.call('POST', '/import', { url: 'https://media.example/clip.mp4', store: true, ...options });
  await start(owner);
  await owner.ctx.settled();
  const withUnknownClass = { storageClass: 'no-class' };
  let refused: Response | undefined;
  const ofRefusal = await costOf(async () => {
    refused = await start(owner, withUnknownClass);
  });
  expect(await refused?.json()).toMatchObject({ field: 'storageClass', code: 'invalid_request' });
  expect(ofRefusal.calls).toBe(1);
  expect((await costOf(() => start(owner))).calls).toBe(2);
  // Without a destination, nothing knows the classes.
  expect((await start(stranger, withUnknownClass)).status).toBe(200);
});
