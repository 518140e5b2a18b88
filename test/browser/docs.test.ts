/** The documentation in a browser: nothing is blocked, nothing is too wide, and everyone can read it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessibilityProblems } from './support/accessibility.ts';
import { chromiumPath, startBrowser, type TestBrowser } from './support/browser.ts';

const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1440, height: 900 };
/** One of each kind of page: cards, a guide with cards on a phone, a wide table, conventions, operations. */
const KINDS = ['/docs', '/docs/keys', '/docs/providers', '/docs/api', '/docs/api/metadata'];

describe.skipIf(chromiumPath === null)('the documentation in a browser', () => {
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(async () => browser.close());

  test.each([
    ['light', DESKTOP],
    ['dark', PHONE],
  ] as const)(
    '%s pages keep their policy and their width, and axe finds nothing',
    async (colorScheme, viewport) => {
      const { page, complaints } = await browser.visit({ colorScheme, viewport });
      for (const path of KINDS) {
        await page.goto(path);
        const width = await page.evaluate('document.documentElement.scrollWidth');
        expect([path, width, await accessibilityProblems(page)]).toEqual([path, viewport.width, []]);
      }
      expect(complaints).toEqual([]);
    },
  );

  test('a phone opens the menu and the list of sections without a script', async () => {
    const { page } = await browser.visit({ viewport: PHONE, javaScriptEnabled: false });
    await page.goto('/docs/storage');
    await page.getByText('On this page').click();
    await page.getByRole('link', { name: 'Permissions', exact: true }).click();
    expect(new URL(page.url()).hash).toBe('#permissions');
    await page.getByRole('button', { name: 'Menu' }).click();
    await page.getByRole('link', { name: 'Many imports at once' }).click();
    await page.getByRole('heading', { level: 1, name: 'Many imports at once' }).waitFor();
  });

  test('an example is copied as it is read', async () => {
    const { page } = await browser.visit({
      viewport: DESKTOP,
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    await page.goto('/docs/api/imports');
    const block = page.locator('.code-block', { has: page.locator('#post-import-request') });
    await block.hover();
    await block.getByRole('button', { name: 'Copy' }).click();
    await block.getByRole('button', { name: 'Copied' }).waitFor();
    const copied = await page.evaluate('navigator.clipboard.readText()');
    expect(copied).toBe(await page.locator('#post-import-request').textContent());
    expect(copied).toMatch(/^curl -X POST http:\/\/.*\/import \\\n/);
  });
});
