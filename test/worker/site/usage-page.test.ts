import { expect, test } from 'vitest';
import { daysOf } from '../../../worker/site/pages/usage/days.ts';
import { makeImported, OFFLINE } from '../transfers/imported.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { makeSite } from './support/site.ts';

const PATH = '/dashboard/usage';

test('shows totals, charts and tables of the days, and the same as CSV', async () => {
  const ctx = makeCtx(OFFLINE);
  const site = await makeSite(ctx, { role: 'read-only' });
  expect((await site.get(PATH)).html).toContain('Nothing ended in these days');
  await makeImported(ctx, { workspaceId: site.workspaceId });
  const { html } = await site.get(`${PATH}?days=7`);
  expect(html.match(/<rect /g)).toHaveLength(4 * 7);
  expect(html).toContain('import, our storage');
  const csv = await site.get(`${PATH}/usage.csv?days=7`);
  expect(csv.headers.get('Content-Type')).toBe('text/csv; charset=utf-8');
  expect(csv.html.split('\r\n')).toHaveLength(3);
});

test('the usage of another workspace is not there', async () => {
  const ctx = makeCtx(OFFLINE);
  const owner = await makeSite(ctx);
  await makeImported(ctx, { workspaceId: owner.workspaceId });
  expect((await (await makeSite(ctx)).get(PATH)).html).toContain('Nothing ended in these days');
});

test('days without a job are days too', () => {
  const row = { jobs: 1, completed: 1, failed: 0, canceled: 0, bytes: 5, freeBytes: 0, failures: {} };
  const rows = [{ day: '2026-02-28', ...row, costInDollars: 1, costInMicrodollars: 1_000_000 }];
  expect(daysOf({ from: '2026-02-27', to: '2026-03-01', rows })).toEqual([
    { day: '2026-02-27', completed: 0, failed: 0, bytes: 0, costInDollars: 0 },
    { day: '2026-02-28', completed: 1, failed: 0, bytes: 5, costInDollars: 1 },
    { day: '2026-03-01', completed: 0, failed: 0, bytes: 0, costInDollars: 0 },
  ]);
});
