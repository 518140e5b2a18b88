import { env } from 'cloudflare:workers';
import { eq } from 'drizzle-orm';
import { beforeEach, expect, it } from 'vitest';
import { parseConfig } from '../../../worker/config.ts';
import { webhookEndpoints } from '../../../worker/db/tables/webhooks.ts';
import { validSecrets } from '../../../worker/webhooks/endpoint-secrets.ts';
import { findUnreadableSecrets, rotateSecretsBatch } from '../../../worker/webhooks/rotate-keys.ts';
import { rotateSecret } from '../../../worker/webhooks/rotate-secret.ts';
import { sweepWebhooks } from '../../../worker/webhooks/sweep-webhooks.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeCtx, type TestCtx } from '../support/make-ctx.ts';
import { makeWorkspace } from '../support/rows.ts';
import { makeEndpoint } from './receiver.ts';

beforeEach(emptyTables);

const key = (id: string, fill: number) =>
  `${id}:${btoa(String.fromCharCode(...new Uint8Array(32).fill(fill)))}`;
const [OLD, NEW] = [key('old', 1), key('new', 2)];
const ctxWith = (...keys: string[]): TestCtx =>
  makeCtx({ config: { ...parseConfig(env), CREDENTIAL_KEYS: keys.join(',') } });

/** An endpoint with two secrets that the old key encrypted. */
async function makeSealed() {
  const ctx = ctxWith(OLD);
  const workspaceId = await makeWorkspace(ctx);
  const first = await makeEndpoint(ctx, workspaceId);
  const { id } = first.row;
  const second = await rotateSecret(ctx, { workspaceId, id, overlapSeconds: 3600 });
  return { id, secrets: [second.secret, first.secret] };
}
const read = async (ctx: TestCtx, id: string) =>
  (await ctx.db.query.webhookEndpoints.findFirst({ where: eq(webhookEndpoints.id, id) }))!;

it('both secrets of an endpoint are encrypted with the first key, so that the old key can be removed', async () => {
  const { id, secrets } = await makeSealed();
  const ctx = ctxWith(NEW, OLD);
  await sweepWebhooks(ctx);
  const facts = { rotated: 1, overtaken: 0, damaged: [] };
  expect(ctx.lines).toEqual([{ level: 'info', event: 'credentials.rotated', facts }]);
  const alone = ctxWith(NEW);
  expect(await validSecrets(alone, await read(alone, id))).toEqual(secrets);
  expect(await rotateSecretsBatch(ctx, null)).toMatchObject({ rotated: 0 });
  expect(await findUnreadableSecrets(alone)).toEqual([]);
});

it('a secret that is rotated at the same time wins', async () => {
  const { id } = await makeSealed();
  const ctx = ctxWith(NEW, OLD);
  const { workspaceId } = await read(ctx, id);
  const [batch, fresh] = await Promise.all([
    rotateSecretsBatch(ctx, null),
    rotateSecret(ctx, { workspaceId, id, overlapSeconds: 0 }),
  ]);
  expect(batch.damaged).toEqual([]);
  expect(await validSecrets(ctx, await read(ctx, id))).toEqual([fresh.secret]);
});

it('an endpoint whose key is gone is named, signs nothing, and has a secret again after a rotation', async () => {
  const { id } = await makeSealed();
  const ctx = ctxWith(NEW);
  expect(await findUnreadableSecrets(ctx)).toEqual([id]);
  const row = await read(ctx, id);
  expect(await validSecrets(ctx, row)).toEqual([]);
  const { secret } = await rotateSecret(ctx, { workspaceId: row.workspaceId, id, overlapSeconds: 3600 });
  expect(await validSecrets(ctx, await read(ctx, id))).toEqual([secret]);
});
