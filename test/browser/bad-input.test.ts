/** Bad input in a browser: markup in every text that others choose, two tabs, double clicks, huge forms, and the IDs of others. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startHttpSource, type HttpSource } from '../support/http-source.ts';
import { createTestWorkspace } from '../support/stack/workspace.ts';
import { makeWav } from '../support/wav.ts';
import { chromiumPath, startBrowser, type TestBrowser, type Visit } from './support/browser.ts';

const SCRIPT = '<script>alert("stored")</script>';
const IMAGE = '<img src=x onerror=alert(1)>';

describe.skipIf(chromiumPath === null)('bad input in a browser', () => {
  let browser: TestBrowser;
  let source: HttpSource;
  /** The window of an owner, in which all tests work one after the other. */
  let owner: Visit;
  beforeAll(async () => {
    source = await startHttpSource();
    browser = await startBrowser();
    owner = await browser.visit();
  });
  afterAll(async () => {
    await browser.close();
    await source.close();
  });

  test('markup as title, file name, error, bucket and name is shown as text', async () => {
    const { page, workspace, complaints } = owner;
    const wav = makeWav(60_000);
    source.serve('/named', (_request, response) => {
      const type = { 'Content-Type': 'audio/wav', 'Content-Length': wav.length };
      const name = `attachment; filename*=UTF-8''${encodeURIComponent(`${IMAGE}.wav`)}`;
      response.writeHead(200, { ...type, 'Content-Disposition': name }).end(wav);
    });
    const named = await workspace.api.startImport({ url: source.url('/named') });
    const failed = await workspace.api.startImport({ url: source.url(`/missing.mp4?${SCRIPT}`) });
    await workspace.api.ended(named);
    await workspace.api.ended(failed);
    await workspace.api.send('POST', '/keys', { name: IMAGE, scopes: ['imports:read'] });

    await page.goto(`/dashboard/imports/${named}`);
    expect(await page.locator('h1').innerText()).toBe(IMAGE);
    await page.goto(`/dashboard/imports/${failed}`);
    await page.locator('.note.bad').waitFor();
    await page.goto('/dashboard/imports');
    expect(await page.locator('main').innerText()).toContain(IMAGE);
    await page.goto('/dashboard/keys');
    expect(await page.locator('main').innerText()).toContain(IMAGE);
    await page.goto('/dashboard');
    expect(complaints).toEqual([]);

    // The answer is a page with status 422, which Chromium reports as an error.
    await page.goto('/dashboard/storage');
    await page.getByLabel('Access Key ID').fill(IMAGE);
    await page.getByLabel('Secret Access Key').fill('secret');
    await page.getByLabel('Bucket Name').fill(SCRIPT);
    await page.getByLabel('Region').fill('us-east-1');
    await page.getByRole('button', { name: 'Save Configuration' }).click();
    await page.locator('.field-error').first().waitFor();
    expect(await page.getByLabel('Bucket Name').inputValue()).toBe(SCRIPT);
    expect(await page.locator('main script, main img[onerror]').count()).toBe(0);
    expect(complaints.filter((text) => !text.includes('status of 422'))).toEqual([]);
  });

  test.each([true, false])('two clicks start one import, with JavaScript: %s', async (javaScriptEnabled) => {
    const { workspace } = owner;
    const page = await browser.visitAgain(owner, { javaScriptEnabled });
    const url = `${workspace.apiUrl}/sample.wav?javascript=${String(javaScriptEnabled)}`;
    await page.goto('/dashboard/imports/new');
    await page.getByLabel('URL', { exact: true }).fill(url);
    await page.getByRole('button', { name: 'Import', exact: true }).dblclick();
    await page.getByText('The import has started.').waitFor();
    const { body } = await workspace.api.send('GET', '/imports');
    const { imports } = body['data'] as { imports: { url: string }[] };
    expect(imports.filter((one) => one.url === url)).toHaveLength(1);
  });

  test('of two tabs with the same settings, the later save counts, and a save after a deletion says what is missing', async () => {
    const { page, workspace } = owner;
    await workspace.api.send('PUT', '/storage', {
      endpoint: 'http://127.0.0.1:9',
      region: 'us-east-1',
      bucket: 'media',
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      secretAccessKey: 'secret',
    });
    const other = await page.context().newPage();
    for (const tab of [page, other]) await tab.goto('/dashboard/storage');
    await page.getByLabel('Default Path Prefix').fill('first');
    await page.getByRole('button', { name: 'Save Configuration' }).click();
    await page.getByText('The configuration is saved').waitFor();
    await other.getByLabel('Default Path Prefix').fill('second');
    await other.getByRole('button', { name: 'Save Configuration' }).click();
    await other.getByText('The configuration is saved').waitFor();
    const { body } = await workspace.api.send('GET', '/storage');
    expect(body['data']).toMatchObject({ defaultPathPrefix: 'second' });

    await page.getByRole('link', { name: 'Delete', exact: true }).click();
    await page.getByRole('button', { name: 'Delete the configuration' }).click();
    await page.getByText('The configuration is deleted.').waitFor();
    await other.getByLabel('Default Path Prefix').fill('third');
    await other.getByRole('button', { name: 'Save Configuration' }).click();
    await other.locator('#accessKeyId-error').waitFor();
    expect(await other.getByLabel('Default Path Prefix').inputValue()).toBe('third');
  });

  test('a form of 5 MB is answered with a sentence', async () => {
    const { page } = owner;
    await page.goto('/dashboard/batches/new');
    const lines = `https://example.com/${'x'.repeat(980)}\n`.repeat(5_000);
    // Typing so much would take the browser a minute.
    await page.locator('#urls').evaluate((field, text) => void Object.assign(field, { value: text }), lines);
    await page.getByRole('button', { name: 'Start the batch' }).click();
    await page.getByText('The body exceeds the limit of 1,048,576 bytes.').waitFor();
    expect(await page.locator('h1').innerText()).toBe('The request body is too large.');
  });

  test('the pages of another workspace do not exist, and a role without a right sees no way to use it', async () => {
    const { page, workspace } = owner;
    const foreign = await createTestWorkspace();
    const id = await foreign.api.startImport({ url: `${foreign.apiUrl}/sample.wav` });
    const own = await workspace.api.startImport({ url: `${workspace.apiUrl}/sample.wav` });
    await workspace.api.ended(own);
    for (const path of [`/dashboard/imports/${id}`, `/dashboard/imports/${id}/delete`])
      expect((await page.goto(path))?.status()).toBe(404);
    await page.getByText('Nothing is here').waitFor();

    const reader = await browser.visit({ workspace, role: 'read-only' });
    await reader.page.goto(`/dashboard/imports/${own}`);
    await reader.page.locator('audio').waitFor();
    expect(
      await reader.page
        .locator('main')
        .getByRole('button', { name: /again|delete|store/i })
        .count(),
    ).toBe(0);
    const member = await browser.visit({ workspace, role: 'member' });
    expect((await member.page.goto('/dashboard/keys'))?.status()).toBe(403);
    await member.page.getByText('role').first().waitFor();
  });
});
