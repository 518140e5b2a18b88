/** S3 Storage in a browser, with the guide's Step 3 word by word, against a real S3 server. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findVersitygw } from '../support/s3-servers/install-versitygw.ts';
import { startVersitygw, type TestS3Server } from '../support/s3-servers/versitygw.ts';
import { accessibilityProblems } from './support/accessibility.ts';
import { layoutShift } from './support/layout-shift.ts';
import { chromiumPath, startBrowser, type TestBrowser } from './support/browser.ts';

/** Presses Tab until the control with this name has the focus. A page has few stops between two controls. */
async function tabTo(page: Page, name: string): Promise<void> {
  const seen: string[] = [];
  while (seen.length < 10) {
    await page.keyboard.press('Tab');
    const focused = '(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()';
    seen.push(String(await page.evaluate(focused)));
    if (seen.at(-1)?.startsWith(name)) return;
  }
  throw new Error(`Tab does not lead to ${name}, but to ${seen.join(', ')}`);
}

const canRun = chromiumPath !== null && (await findVersitygw()) !== null;

describe.skipIf(!canRun)('S3 Storage in a browser', () => {
  let server: TestS3Server;
  let browser: TestBrowser;

  beforeAll(async () => {
    const started = await startVersitygw();
    if (started === null) throw new Error('versitygw was found but did not start');
    server = started;
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
  });

  /** "Enter Your Credentials". */
  async function enterCredentials(page: Page, over: { secretAccessKey?: string } = {}): Promise<void> {
    const { putOnly, bucket, region, endpoint } = server;
    await page.getByLabel('MinIO, Ceph or another').check();
    await page.getByLabel('Access Key ID').fill(putOnly.accessKeyId);
    await page.getByLabel('Secret Access Key').fill(over.secretAccessKey ?? putOnly.secretAccessKey);
    await page.getByLabel('Bucket Name').fill(bucket);
    await page.getByLabel('Region').fill(region);
    await page.getByLabel('Endpoint').fill(endpoint);
    await page.getByLabel('Default Path Prefix').fill('videos');
  }

  test('Step 3 of the guide: go to the dashboard, enter the credentials, test and save', async () => {
    const { page, workspace, complaints } = await browser.visit();
    await page.goto('/');
    expect(new URL(page.url()).pathname).toBe('/dashboard');
    await page.getByRole('link', { name: 'S3 Storage' }).click();
    await enterCredentials(page, { secretAccessKey: 'a-wrong-one' });

    await page.getByRole('button', { name: 'Test Connection' }).click();
    await page.getByText('Imports cannot be stored yet.').waitFor();
    const failed = page.getByRole('listitem').filter({ has: page.getByText('Failed', { exact: true }) });
    expect(await failed.innerText()).toContain('Check the access key ID and the secret access key.');
    expect((await workspace.api.send('GET', '/storage')).status).toBe(404);

    await page.getByLabel('Secret Access Key').fill(server.putOnly.secretAccessKey);
    await page.getByRole('button', { name: 'Test Connection' }).click();
    await page.getByText('The connection works.').waitFor();
    expect((await workspace.api.send('GET', '/storage')).status).toBe(404);

    await page.getByRole('button', { name: 'Save Configuration' }).click();
    await page.getByText('The configuration is saved, and the connection works.').waitFor();
    const { body } = await workspace.api.send('GET', '/storage');
    expect(body['data']).toMatchObject({
      bucket: server.bucket,
      defaultPathPrefix: 'videos',
      isDefault: true,
    });
    expect(await page.content()).not.toContain(server.putOnly.secretAccessKey);
    expect(complaints).toEqual([]);
  });

  test('an import after it arrives in the bucket', async () => {
    const { page, workspace } = await browser.visit();
    await page.goto('/dashboard/storage');
    await enterCredentials(page);
    await page.getByRole('button', { name: 'Save Configuration' }).click();
    await page.getByText('The configuration is saved').waitFor();
    const { apiUrl, api } = workspace;
    const data = await api.ended(await api.startImport({ url: `${apiUrl}/sample.wav`, store: true }));
    expect(data).toMatchObject({ status: 'completed', s3Storage: { bucket: server.bucket } });
    const { key } = data['s3Storage'] as { key: string };
    expect(existsSync(join(server.dataDirectory, server.bucket, key))).toBe(true);
    await page.goto('/dashboard');
    expect(await page.getByRole('table', { name: 'Recent imports' }).innerText()).toContain('Completed');
  });

  test('the keyboard alone is enough', async () => {
    const { page } = await browser.visit();
    await page.goto('/dashboard/storage');
    const { putOnly, bucket, endpoint } = server;
    await tabTo(page, 'Skip to the content');
    await page.keyboard.press('Enter');
    // The list of providers is one stop, in which arrows choose.
    await tabTo(page, 'Amazon S3');
    await page.keyboard.press('ArrowUp');
    expect(await page.getByLabel('MinIO, Ceph or another').isChecked()).toBe(true);
    const texts = { 'Access Key ID': putOnly.accessKeyId, 'Secret Access Key': putOnly.secretAccessKey };
    for (const [label, text] of Object.entries({ ...texts, 'Bucket Name': bucket, Endpoint: endpoint })) {
      await tabTo(page, label);
      await page.keyboard.type(text);
    }
    await tabTo(page, 'Test Connection');
    await page.keyboard.press('Enter');
    await page.getByText('The connection works.').waitFor();
    await tabTo(page, 'Save Configuration');
    await page.keyboard.press('Space');
    await page.getByText('The configuration is saved, and the connection works.').waitFor();
  });

  test('without JavaScript, the same buttons answer with whole pages', async () => {
    const { page } = await browser.visit({ javaScriptEnabled: false });
    await page.goto('/dashboard/storage');
    await page.getByLabel('Scaleway').check();
    await page.getByRole('button', { name: 'Fill in for this provider' }).click();
    expect(await page.getByLabel('Endpoint').inputValue()).toBe('https://s3.fr-par.scw.cloud');
    await enterCredentials(page);
    await page.getByRole('button', { name: 'Test Connection' }).click();
    await page.getByText('The connection works.').waitFor();
    await page.getByRole('button', { name: 'Save Configuration' }).click();
    await page.getByText('The configuration is saved').waitFor();
    await page.getByRole('link', { name: 'Delete', exact: true }).click();
    expect(await page.getByRole('listitem').allInnerTexts()).toContain(
      'Imports that are running to this bucket store their files in our storage instead.',
    );
    await page.getByRole('button', { name: 'Delete the configuration' }).click();
    await page.getByText('The configuration is deleted.').waitFor();
  });

  test('a provider fills in its endpoint, which follows the region, and the policy follows the bucket', async () => {
    const { page } = await browser.visit();
    await page.goto('/dashboard/storage');
    await page.getByLabel('Bucket Name').fill('my-<b>bucket</b>');
    expect(await page.getByLabel('IAM policy').innerText()).toContain('arn:aws:s3:::my-<b>bucket</b>/*');
    await page.getByLabel('Backblaze B2').check();
    await page.getByLabel('Region').fill('eu-central-003');
    expect(await page.getByLabel('Endpoint').inputValue()).toBe('https://s3.eu-central-003.backblazeb2.com');
  });

  test.each(['light', 'dark'] as const)(
    'axe finds nothing on %s pages and nothing moves while they load, also on a phone',
    async (colorScheme) => {
      const { page } = await browser.visit({ colorScheme });
      for (const width of [1280, 390]) {
        await page.setViewportSize({ width, height: 844 });
        for (const path of ['/dashboard', '/dashboard/storage', '/dashboard/storage/new', '/setup/unknown']) {
          await page.goto(path);
          const found = { path, problems: await accessibilityProblems(page), shift: await layoutShift(page) };
          expect(found).toEqual({ path, problems: [], shift: 0 });
        }
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      }
      await page.goto('/dashboard/storage');
      await page.getByText('Advanced').click();
      await enterCredentials(page);
      await page.getByRole('button', { name: 'Test Connection' }).click();
      await page.getByText('The connection works.').waitFor();
      await page.getByRole('button', { name: 'Save Configuration' }).click();
      await page.getByText('The configuration is saved').waitFor();
      await page.getByRole('link', { name: 'Delete', exact: true }).click();
      expect(await accessibilityProblems(page)).toEqual([]);
    },
  );
});
