import { expect, it } from 'vitest';
import { JobKind } from '../../../worker/contract/job.ts';
import { importOf, kindOf } from '../../../worker/jobs/kinds/kinds.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { makeJob } from '../support/rows.ts';

it('never announces the end of one kind of job as that of another', () => {
  const types = JobKind.options
    .flatMap((kind) => Object.values(kindOf({ kind }).events).flat())
    .map(({ type }) => type);
  expect(new Set(types).size).toBe(types.length);
});

it('bills the bytes of an import, and nothing for storing its file again', () => {
  const { config } = makeCtx();
  expect(kindOf({ kind: 'import' }).bill(config, 1_000_000)).toEqual({
    bytes: 1_000_000,
    microdollars: 3000,
  });
  expect(kindOf({ kind: 'store' }).bill(config, 1_000_000)).toEqual({ bytes: 0, microdollars: 0 });
});

it('reads the stored file of an import for a store job only', async () => {
  const ctx = makeCtx();
  const imported = await makeJob(ctx);
  const store = await makeJob(ctx, { kind: 'store', storeOf: imported.id });
  expect(importOf(store)).toBe(imported.id);
  expect(() => importOf(imported)).toThrow(expect.objectContaining({ code: 'not_found' }));
});
