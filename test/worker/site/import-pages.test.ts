import { eq } from 'drizzle-orm';
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../worker/config.ts';
import { attempts, jobs } from '../../../worker/db/tables/jobs.ts';
import { makeDestination, makeImported, OFFLINE } from '../transfers/imported.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { makeJob } from '../support/rows.ts';
import { makeSite, valuesOf, type TestSite } from './support/site.ts';

const PATH = '/dashboard/imports';
const NEW = `${PATH}/new`;
const SCRIPT = '<script>alert(1)</script>';
const URL_OF_MEDIA = 'https://example.com/video.mp4';

const jobsOf = (ctx: ReturnType<typeof makeCtx>, { workspaceId }: TestSite) =>
  ctx.db.query.jobs.findMany({ where: eq(jobs.workspaceId, workspaceId) });

describe('a new import', () => {
  test('starts with the options of the form, and its page follows', async () => {
    const ctx = makeCtx(OFFLINE);
    const site = await makeSite(ctx);
    await makeDestination(ctx, site.workspaceId, { name: 'default' });
    const form = await site.get(NEW);
    expect(form.html).toContain('<option value="default" selected');
    const page = await site.post(NEW, {
      url: ` ${URL_OF_MEDIA} `,
      includeVideo: 'audio',
      audioFormat: 'mp3',
      storageDestination: 'default',
      storagePath: 'songs',
      maxBytes: '1000',
    });
    const [job] = await jobsOf(ctx, site);
    expect(page).toMatchObject({ status: 303, location: `${PATH}/${job?.id}` });
    expect(job?.request).toMatchObject({
      url: URL_OF_MEDIA,
      includeVideo: false,
      audioFormat: 'mp3',
      store: true,
      storageDestination: 'default',
      storagePath: 'songs',
      maxBytes: 1000,
    });
  });

  test('is made once by a form that is sent twice', async () => {
    const ctx = makeCtx(OFFLINE);
    const site = await makeSite(ctx);
    const { formId = '' } = valuesOf(await site.get(NEW));
    const pages = await Promise.all([1, 2].map(() => site.post(NEW, { formId, url: URL_OF_MEDIA })));
    expect(await jobsOf(ctx, site)).toHaveLength(1);
    expect(pages[0]?.location).toBe(pages[1]?.location);
  });

  test.each([
    ['url', { url: 'no url' }, 'URL must be'],
    ['url', { url: 'http://127.0.0.1/' }, 'URL'],
    ['maxBytes', { url: URL_OF_MEDIA, maxBytes: 'many' }, 'Largest size must be a number'],
    ['audioFormat', { url: URL_OF_MEDIA, includeVideo: 'video', audioFormat: 'mp3' }, 'needs audio'],
  ])('that is wrong in %s keeps what was typed and says so beside the field', async (field, typed, text) => {
    const ctx = makeCtx();
    const site = await makeSite(ctx);
    const page = await site.post(NEW, typed);
    expect(page.status).toBe(422);
    const sentence = new RegExp(`id="${field}-error">([^<]*)<`).exec(page.html)?.[1];
    expect(sentence).toContain(text);
    expect(valuesOf(page)['url']).toBe(typed.url);
    expect(await jobsOf(ctx, site)).toHaveLength(0);
  });

  test('that is wrong in several fields says so beside each of them', async () => {
    const site = await makeSite(makeCtx());
    const { html } = await site.post(NEW, { url: 'no url', maxBytes: 'many', maxDurationSeconds: '-1' });
    for (const field of ['url', 'maxBytes', 'maxDurationSeconds'])
      expect(html).toContain(`id="${field}-error">`);
  });

  test('shows the same request as curl, quoted for a shell and escaped for the page', async () => {
    const site = await makeSite(makeCtx(OFFLINE));
    const typed = { url: `https://example.com/it's.mp4?${SCRIPT}`, estimate: 'no' };
    const { html } = await site.post(`${NEW}/preview`, typed);
    expect(html).not.toContain(SCRIPT);
    expect(html).toContain('it&#39;\\&#39;&#39;s.mp4');
  });

  test('asks the source for an estimate without storing anything', async () => {
    const ctx = makeCtx(OFFLINE);
    const site = await makeSite(ctx);
    const page = await site.post(
      `${NEW}/preview`,
      { url: URL_OF_MEDIA, videoQuality: '720p', webhookUrl: 'https://example.com/hook' },
      { 'HX-Request': 'true' },
    );
    const [job] = await jobsOf(ctx, site);
    expect(job).toMatchObject({ kind: 'metadata', request: { url: URL_OF_MEDIA, videoQuality: '720p' } });
    expect(job?.request).not.toHaveProperty('webhookUrl');
    expect(page.html).toContain(`hx-get="${NEW}/estimate/${job?.id}"`);
    expect(page.html).not.toContain('<html');
    const other = await makeSite(ctx);
    expect((await other.get(`${NEW}/estimate/${job?.id}`)).status).toBe(404);
  });

  test('asks the source once for each form and choice of media', async () => {
    const ctx = makeCtx(OFFLINE);
    const site = await makeSite(ctx);
    const { formId = '' } = valuesOf(await site.get(NEW));
    const look = (typed: object) =>
      site.post(`${NEW}/preview`, { formId, url: URL_OF_MEDIA, ...typed }, { 'HX-Request': 'true' });
    const pages = [await look({}), await look({ storageDestination: 'default', storagePath: 'songs' })];
    const [job] = await jobsOf(ctx, site);
    for (const { html } of pages) expect(html).toContain(`${NEW}/estimate/${job?.id}`);
    expect(await jobsOf(ctx, site)).toHaveLength(1);
    await look({ videoQuality: '720p' });
    await look({ formId: '' });
    expect(await jobsOf(ctx, site)).toHaveLength(3);
  });

  test('is not estimated without a click where estimates cost money', async () => {
    const ctx = makeCtx(OFFLINE);
    ctx.config = { ...ctx.config, BILLING: 'on' };
    const site = await makeSite(ctx);
    const { html } = await site.post(`${NEW}/preview`, { url: URL_OF_MEDIA }, { 'HX-Request': 'true' });
    expect(html).toContain('Looking at the source costs $0.01');
    expect(await jobsOf(ctx, site)).toHaveLength(0);
  });
});

describe('the list', () => {
  test('is filtered by the address, and asks for itself while an import runs', async () => {
    const ctx = makeCtx(OFFLINE);
    const site = await makeSite(ctx);
    const { workspaceId } = site;
    await makeJob(ctx, { workspaceId, status: 'queued', request: { url: 'https://one.example/a.mp4' } });
    const failed = await makeJob(ctx, {
      workspaceId,
      status: 'failed',
      errorCode: 'source_not_found',
      request: { url: `https://two.example/${encodeURIComponent(SCRIPT)}` },
    });
    const all = await site.get(PATH);
    expect(all.html).toContain('one.example/a.mp4');
    expect(all.html).toContain(`hx-get="${PATH}"`);
    const some = await site.get(`${PATH}?status=failed`);
    expect(some.html).toContain(`${PATH}/${failed.id}`);
    expect(some.html).not.toContain('one.example');
    expect(some.html).not.toContain('hx-trigger="every');
    expect(some.html).toContain('The source reports that the file does not exist.');
  });

  test('has pages, and a wrong filter is named beside its field', async () => {
    const ctx = makeCtx(OFFLINE);
    const site = await makeSite(ctx);
    const { workspaceId } = site;
    for (let index = 0; index < 26; index += 1) await makeJob(ctx, { workspaceId });
    const first = await site.get(PATH);
    const next = /href="([^"]*cursor=[^"]*)"/.exec(first.html)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const second = await site.get(next);
    expect([first, second].map(({ html }) => html.split('data-label="State"').length - 1)).toEqual([25, 1]);
    const wrong = await site.get(`${PATH}?host=a/b`);
    expect(wrong.status).toBe(422);
    expect(wrong.html).toContain('id="host-error">Site must be a host name');
  });
});

describe('the page of an import', () => {
  test('of a failed one begins with what happened and what to do, and has its attempts', async () => {
    const ctx = makeCtx(OFFLINE);
    const site = await makeSite(ctx);
    const { id } = await makeJob(ctx, {
      workspaceId: site.workspaceId,
      status: 'failed',
      attempt: 1,
      errorCode: 'source_unavailable',
      errorDetail: SCRIPT,
      finishedAt: ctx.now(),
    });
    const attempt = { jobId: id, attempt: 1, slot: 'slot-0', claimedAt: 1000, endedAt: 3000 };
    await ctx.db
      .insert(attempts)
      .values({ ...attempt, outcome: 'failed', errorCode: 'source_unavailable', errorDetail: SCRIPT });
    const { html } = await site.get(`${PATH}/${id}`);
    expect(html).not.toContain(SCRIPT);
    const note = html.indexOf('class="note bad"');
    expect(note).toBeGreaterThan(0);
    expect(note).toBeLessThan(html.indexOf('Attempts'));
    expect(html).toContain('href="/docs/troubleshooting#source_unavailable"');
    expect(html).toContain('Try again');
    expect(html).toContain('2 s');
  });

  test('of a running one shows percent, speed and time left, and reloads at its end', async () => {
    const ctx = makeCtx(OFFLINE);
    const site = await makeSite(ctx);
    const now = ctx.now();
    const { id } = await makeJob(ctx, {
      workspaceId: site.workspaceId,
      status: 'processing',
      stage: 'downloading',
      attempt: 1,
      startedAt: now - 10_000,
      bytesDone: 20_000_000,
      bytesTotal: 80_000_000,
      downloadingAt: now - 10_000,
    });
    const running = await site.get(`${PATH}/${id}/live`);
    expect(running.html).toContain('25 %');
    expect(running.html).toMatch(/(2\.0|1\.9) MB\/s/);
    expect(running.html).toMatch(/30 s left/);
    expect(running.headers.get('HX-Refresh')).toBeNull();
    await ctx.db.update(jobs).set({ status: 'canceled', finishedAt: now }).where(eq(jobs.id, id));
    expect((await site.get(`${PATH}/${id}/live`)).headers.get('HX-Refresh')).toBe('true');
  });

  test('of a completed one shows the file with its digests, and lets the player load it', async () => {
    const ctx = makeCtx(OFFLINE);
    const site = await makeSite(ctx);
    const { workspaceId } = site;
    await makeDestination(ctx, workspaceId, { name: 'backup' });
    const { id } = await makeImported(ctx, { workspaceId });
    const { html, headers } = await site.get(`${PATH}/${id}`);
    const source = /<video[^>]*src="([^"]*)"/.exec(html)?.[1] ?? '';
    expect(headers.get('Content-Security-Policy')).toContain(`media-src 'self' ${new URL(source).origin}`);
    expect(html).toContain('CRC-32');
    expect(html).toContain('<option value="backup"');
  });
});

describe('buttons', () => {
  test('cancel, repeat and delete an import', async () => {
    const ctx = makeCtx(OFFLINE);
    const site = await makeSite(ctx);
    await site.post(NEW, { url: URL_OF_MEDIA });
    const [{ id } = { id: '' }] = await jobsOf(ctx, site);
    expect(await site.post(`${PATH}/${id}/cancel`)).toMatchObject({ location: `${PATH}/${id}` });
    const again = await site.post(`${PATH}/${id}/retry`);
    const rows = await jobsOf(ctx, site);
    const repeated = rows.find(({ retryOf }) => retryOf === id);
    expect(again.location).toBe(`${PATH}/${repeated?.id}`);
    expect((await site.get(`${PATH}/${id}/delete`)).html).toContain('deleted for good');
    expect(await site.post(`${PATH}/${id}/delete`)).toMatchObject({ status: 303, location: PATH });
    expect((await site.get(`${PATH}/${id}`)).status).toBe(404);
  });

  test('that come too late say so on the page of the import', async () => {
    const ctx = makeCtx(OFFLINE);
    const site = await makeSite(ctx);
    const { id } = await makeImported(ctx, { workspaceId: site.workspaceId });
    const page = await site.post(`${PATH}/${id}/cancel`);
    expect(page.location).toBe(`${PATH}/${id}`);
    expect(page.flash).toContain('problem');
  });

  test('do nothing for other workspaces and for read-only members', async () => {
    const ctx = makeCtx(OFFLINE);
    const owner = await makeSite(ctx);
    const { id } = await makeJob(ctx, { workspaceId: owner.workspaceId });
    const stranger = await makeSite(ctx);
    const reader = await makeSite(ctx, { workspaceId: owner.workspaceId, role: 'read-only' });
    for (const action of ['cancel', 'retry', 'store', 'delete']) {
      expect((await stranger.post(`${PATH}/${id}/${action}`)).status).toBe(404);
      expect((await reader.post(`${PATH}/${id}/${action}`)).status).toBe(403);
    }
    expect((await stranger.get(`${PATH}/${id}`)).status).toBe(404);
    expect((await reader.get(`${PATH}/${id}`)).status).toBe(200);
    expect((await reader.get(NEW)).status).toBe(403);
    expect((await reader.get(PATH)).html).not.toContain('New import');
    expect((await owner.get(`${PATH}/${id}`)).html).toContain('Cancel');
  });
});

test('imports, repeats and estimates of the dashboard count against the rates of the plan', async () => {
  const ctx = makeCtx(OFFLINE);
  const plan = { importsPerHour: 1, metadataPerHour: 1, requestsPerHour: 1 };
  ctx.config = parseConfig({ ...env, RATE_LIMITS: 'on', PLANS: JSON.stringify({ free: plan }) });
  const site = await makeSite(ctx);
  const first = await site.post(NEW, { url: URL_OF_MEDIA });
  await site.post(`${first.location}/cancel`);
  const second = await site.post(NEW, { url: URL_OF_MEDIA });
  expect(second.html).toContain('Rate limit exceeded');
  expect((await site.post(`${first.location}/retry`)).flash).toContain('Rate limit exceeded');
  expect(await jobsOf(ctx, site)).toHaveLength(1);
  const stores = [1, 2].map(() => site.post(`${first.location}/store`));
  const flashes = (await Promise.all(stores)).map(({ flash }) => flash ?? '');
  expect(flashes.filter((flash) => flash.includes('Rate limit exceeded'))).toHaveLength(1);
});
