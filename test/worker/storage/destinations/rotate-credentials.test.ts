import { env } from 'cloudflare:workers';
import { eq } from 'drizzle-orm';
import { beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../../../worker/config.ts';
import type { DestinationRow } from '../../../../worker/db/rows.ts';
import { destinations } from '../../../../worker/db/tables/destinations.ts';
import { sweep } from '../../../../worker/jobs/sweep.ts';
import { openCredentials, sealCredentials } from '../../../../worker/storage/destinations/credentials.ts';
import { DestinationInput } from '../../../../worker/contract/api/storage/destination-input.ts';
import { findUnreadable, rotateBatch } from '../../../../worker/storage/destinations/rotate-credentials.ts';
import { saveDestination } from '../../../../worker/storage/destinations/save-destination.ts';
import { makeCtx, type TestCtx } from '../../support/make-ctx.ts';
import { makeWorkspace } from '../../support/rows.ts';

const key = (id: string, fill: number) =>
  `${id}:${btoa(String.fromCharCode(...new Uint8Array(32).fill(fill)))}`;
const [OLD, NEW, OTHER] = [key('old', 1), key('new', 2), key('ne_', 3)];
const KEYS = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'secret', sessionToken: 'token' };

function ctxWith(...keys: string[]): TestCtx {
  return makeCtx({ config: { ...parseConfig(env), CREDENTIAL_KEYS: keys.join(',') } });
}
async function save(ctx: TestCtx, values: object = {}, workspaceId?: string): Promise<DestinationRow> {
  const owner = workspaceId ?? (await makeWorkspace(ctx));
  const input = DestinationInput.parse({ bucket: 'your-bucket', region: 'us-east-1', ...KEYS, ...values });
  await saveDestination(ctx, { workspaceId: owner, input });
  return (await ctx.db.query.destinations.findFirst({ where: eq(destinations.workspaceId, owner) }))!;
}
const read = async (ctx: TestCtx, { id }: DestinationRow) =>
  (await ctx.db.query.destinations.findFirst({ where: eq(destinations.id, id) }))!;

/** More destinations of the same workspace with the same keys. */
async function copies(ctx: TestCtx, row: DestinationRow, count: number): Promise<void> {
  const rows = Array.from({ length: count }, async (_, index) => {
    const owner = { id: ctx.newId(), workspaceId: row.workspaceId };
    const sealed = await sealCredentials(ctx, owner, KEYS);
    return ctx.db
      .insert(destinations)
      .values({ ...row, ...owner, ...sealed, name: `copy-${index}`, isDefault: false });
  });
  await Promise.all(rows);
}

beforeEach(() => env.DB.prepare('DELETE FROM destinations').run());

describe('rotation', () => {
  it('encrypts all credentials with the first key, so that the old key can be removed', async () => {
    const before = await save(ctxWith(OLD));
    const ctx = ctxWith(NEW, OLD);
    expect(await rotateBatch(ctx, null)).toEqual({ rotated: 1, overtaken: 0, damaged: [], next: null });
    const after = await read(ctx, before);
    expect(await openCredentials(ctxWith(NEW), after)).toEqual(KEYS);
    for (const field of ['accessKeyId', 'secretAccessKey', 'sessionToken'] as const) {
      expect(after[field]).toMatch(/^v1\.new\./);
    }
    const { accessKeyId: _, secretAccessKey: __, sessionToken: ___, ...rest } = before;
    expect(after).toMatchObject(rest);
    expect(await rotateBatch(ctx, null)).toEqual({ rotated: 0, overtaken: 0, damaged: [], next: null });
  });

  it('leaves records of the first key, and of a key with a similar id', async () => {
    const [mine, similar] = [await save(ctxWith(NEW)), await save(ctxWith(OTHER))];
    const ctx = ctxWith(NEW, OLD);
    expect(await rotateBatch(ctx, null)).toMatchObject({ rotated: 0 });
    expect(await read(ctx, mine)).toEqual(mine);
    expect(await findUnreadable(ctx)).toEqual([similar.id]);
    expect(await rotateBatch(ctxWith(NEW, OTHER), null)).toMatchObject({ rotated: 1 });
  });

  it('processes any number of destinations in batches', async () => {
    await copies(ctxWith(OLD), await save(ctxWith(OLD)), 59);
    const ctx = ctxWith(NEW, OLD);
    const first = await rotateBatch(ctx, null);
    expect(first).toMatchObject({ rotated: 50, next: expect.any(String) });
    expect(await rotateBatch(ctx, first.next)).toMatchObject({ rotated: 10, next: null });
  });

  it('does not overwrite a save that happens at the same time', async () => {
    const row = await save(ctxWith(OLD));
    const ctx = ctxWith(NEW, OLD);
    const db = new Proxy(ctx.db, {
      get(target, name) {
        if (name !== 'update') return Reflect.get(target, name, target) as unknown;
        // Between the read of the row and its update.
        return (table: typeof destinations) => ({
          set: (values: object) => ({
            where: (guard: never) => ({
              returning: async (columns: never) => {
                await save(ctxWith(OLD), { secretAccessKey: 'newer' }, row.workspaceId);
                return target.update(table).set(values).where(guard).returning(columns);
              },
            }),
          }),
        });
      },
    });
    expect(await rotateBatch({ config: ctx.config, db }, null)).toMatchObject({ rotated: 0, overtaken: 1 });
    expect(await openCredentials(ctx, await read(ctx, row))).toMatchObject({ secretAccessKey: 'newer' });
    expect(await rotateBatch(ctx, null)).toMatchObject({ rotated: 1 });
    expect(await openCredentials(ctxWith(NEW), await read(ctx, row))).toMatchObject({
      secretAccessKey: 'newer',
    });
  });

  it('changes each row once when it runs twice at the same time', async () => {
    const row = await save(ctxWith(OLD));
    const ctx = ctxWith(NEW, OLD);
    await Promise.all([rotateBatch(ctx, null), rotateBatch(ctx, null)]);
    expect(await openCredentials(ctxWith(NEW), await read(ctx, row))).toEqual(KEYS);
  });

  it('reports a damaged record, leaves it unchanged and continues with the others', async () => {
    const [damaged, good] = [await save(ctxWith(OLD)), await save(ctxWith(OLD))];
    const ctx = ctxWith(NEW, OLD);
    const record = `${damaged.secretAccessKey.slice(0, -4)}AAAA`;
    await ctx.db.update(destinations).set({ secretAccessKey: record }).where(eq(destinations.id, damaged.id));
    expect(await rotateBatch(ctx, null)).toMatchObject({ rotated: 1, damaged: [damaged.id] });
    expect(await read(ctx, damaged)).toEqual({ ...damaged, secretAccessKey: record });
    expect(await openCredentials(ctxWith(NEW), await read(ctx, good))).toEqual(KEYS);
  });
});

describe('the sweep', () => {
  it('rotates the credentials when a new key is the first, and logs how many', async () => {
    const rows = await Promise.all(Array.from({ length: 3 }, () => save(ctxWith(OLD))));
    const ctx = ctxWith(NEW, OLD);
    await sweep(ctx);
    for (const row of rows) expect(await openCredentials(ctxWith(NEW), await read(ctx, row))).toEqual(KEYS);
    const lines = ctx.lines.filter(({ event }) => event === 'credentials.rotated');
    expect(lines).toEqual([expect.objectContaining({ facts: { rotated: 3, overtaken: 0, damaged: [] } })]);
    await sweep(ctx);
    expect(ctx.lines.filter(({ event }) => event === 'credentials.rotated')).toHaveLength(1);
  });

  it('continues with its other work when the list of keys is invalid', async () => {
    const ctx = ctxWith('nonsense');
    await sweep(ctx);
    expect(ctx.lines.map(({ event }) => event)).toContain('credentials.rotate_failed');
    expect(JSON.stringify(ctx.lines)).not.toContain('nonsense');
  });
});
