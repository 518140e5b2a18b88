import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { createApiKey } from '../../../worker/auth/keys/api-key.ts';
import { jobs } from '../../../worker/db/tables/jobs.ts';
import { makeDestination, makeImported, OFFLINE } from '../transfers/imported.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { makeEndpoint } from '../webhooks/receiver.ts';
import { makeSite, type Page } from './support/site.ts';

const SCRIPT = '<script>alert(1)</script>';

/** The titles of the steps, with a check mark before those that are done. */
function stepsOf({ html }: Page): string[] {
  const list = /<ol class="steps">(.*?)<\/ol>/s.exec(html)?.[1] ?? '';
  return list
    .split('<li>')
    .slice(1)
    .map((item) => `${item.includes('>Done<') ? '✓ ' : ''}${/<strong>([^<]*)/.exec(item)?.[1]}`);
}

test('an address with a slash at its end leads to the page', async () => {
  const site = await makeSite(makeCtx(OFFLINE));
  const { status, location } = await site.get('/dashboard/');
  expect([status, location]).toEqual([301, '/dashboard']);
  expect((await site.get('/dashboard/imports/?status=failed')).location).toBe(
    '/dashboard/imports?status=failed',
  );
});

test('a new workspace reads what to do first, and each step is marked once it is done', async () => {
  const ctx = makeCtx(OFFLINE);
  const site = await makeSite(ctx);
  const { workspaceId } = site;
  const empty = await site.get('/dashboard');
  expect(stepsOf(empty)).toEqual([
    'Set up your bucket',
    'Start a first import',
    'Make an API key',
    'Add a webhook',
  ]);
  expect(empty.html).toContain('No imports yet');
  expect(empty.html).toContain(`curl -X POST ${ctx.config.PUBLIC_URL}/import`);
  await makeDestination(ctx, workspaceId, { name: 'default' });
  expect(stepsOf(await site.get('/dashboard'))[0]).toBe('✓ Set up your bucket');
});

test('the list of first steps is gone once all of them are done', async () => {
  const ctx = makeCtx(OFFLINE);
  const site = await makeSite(ctx);
  const { workspaceId } = site;
  await makeDestination(ctx, workspaceId, { name: 'default' });
  await makeImported(ctx, { workspaceId });
  await createApiKey(ctx.db, { workspaceId, name: 'first', ...ctx });
  await makeEndpoint(ctx, workspaceId);
  expect(stepsOf(await site.get('/dashboard'))).toEqual([]);
});

test('recent imports and the state of the storage are there, with everything escaped', async () => {
  const ctx = makeCtx(OFFLINE);
  const site = await makeSite(ctx);
  const { workspaceId } = site;
  await makeDestination(ctx, workspaceId, { name: 'default' });
  const { id } = await makeImported(ctx, { workspaceId });
  await ctx.db.update(jobs).set({ title: SCRIPT }).where(eq(jobs.id, id));
  const { html } = await site.get('/dashboard');
  expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  expect(html).not.toContain(SCRIPT);
  expect(html).toContain('Completed');
  expect(html).toContain('Keys must be entered again');
});

test('a read-only member sees no step that only others can do', async () => {
  const site = await makeSite(makeCtx(), { role: 'read-only' });
  const page = await site.get('/dashboard');
  expect(page.status).toBe(200);
  expect(stepsOf(page)).toEqual([]);
  expect(page.html).not.toContain('/dashboard/storage');
});
