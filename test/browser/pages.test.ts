/** All pages of the dashboard in a browser: nothing is blocked, nothing moves or is too wide, and everyone can read it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessibilityProblems } from './support/accessibility.ts';
import { chromiumPath, startBrowser, type TestBrowser, type Visit } from './support/browser.ts';
import { layoutShift } from './support/layout-shift.ts';
import { fillWorkspace, operatorWorkspaceId, pagesOf } from './support/fill-workspace.ts';

const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 900 };

/** The player of Chromium moves its own buttons when it knows how long a file is. A line of text that moves is more. */
const MOST_SHIFT = 0.01;

async function expectReadable(
  { page, complaints }: Visit,
  paths: readonly string[],
  width: number,
): Promise<void> {
  for (const path of paths) {
    const answer = await page.goto(path);
    const seen = await page.evaluate('document.documentElement.scrollWidth');
    const moves = (await layoutShift(page)) > MOST_SHIFT;
    const problems = await accessibilityProblems(page);
    const found = { path, status: answer?.status(), width: seen, moves, problems };
    expect(found).toEqual({ path, status: 200, width, moves: false, problems: [] });
  }
  expect(complaints).toEqual([]);
}

describe.skipIf(chromiumPath === null)('the dashboard in a browser', () => {
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(async () => browser.close());

  test('every page keeps its policy and its width, nothing moves while it loads, and axe finds nothing, in light, in dark and on a phone', async () => {
    const { workspace } = await browser.visit();
    const filled = await fillWorkspace(workspace.api, workspace.apiUrl);
    const question = `/dashboard/imports/${filled.failedId}/delete`;
    const pages = [...Object.values(pagesOf(filled)), question, '/dashboard/members/audit', '/reset'];
    const operator = { ...workspace, id: operatorWorkspaceId(workspace.stateDirectory) };
    for (const [colorScheme, viewport] of [
      ['light', DESKTOP],
      ['dark', PHONE],
    ] as const) {
      const look = { colorScheme, viewport };
      await expectReadable(await browser.visit({ workspace, ...look }), pages, viewport.width);
      const operations = await browser.visit({ workspace: operator, ...look });
      await expectReadable(operations, ['/dashboard/operations'], viewport.width);
    }
  });

  test('a first import is started from the empty state, arrives while the page watches, and is played', async () => {
    const { page, workspace, complaints } = await browser.visit();
    await page.goto('/dashboard/imports');
    await page.getByText('No imports yet').waitFor();
    await page.getByRole('link', { name: 'Import a file' }).click();
    const url = page.getByLabel('URL', { exact: true });
    await url.fill(`${workspace.apiUrl}/sample.wav`);
    await url.dispatchEvent('paste');
    await page.locator('#estimate').getByText('Size').waitFor();
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await page.locator('audio').waitFor();
    expect(await page.getByText('Completed').count()).toBeGreaterThan(0);
    expect(complaints).toEqual([]);
  });

  test('a failed import says first what to do, and is tried again', async () => {
    const { page, workspace } = await browser.visit();
    const id = await workspace.api.startImport({ url: `${workspace.apiUrl}/missing.mp4` });
    await workspace.api.ended(id);
    await page.goto(`/dashboard/imports/${id}`);
    await page.locator('.note.bad').getByText('Use a URL that is publicly accessible.').waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('The import has started again.').waitFor();
    expect(page.url()).not.toContain(id);
  });

  test('a key is made, used and revoked', async () => {
    const { page, workspace } = await browser.visit();
    await page.goto('/dashboard/keys');
    await page.getByLabel('Name').fill('upload form');
    await page.getByRole('button', { name: 'Create the key' }).click();
    const key = await page.locator('#new-key').innerText();
    const use = async () =>
      (await fetch(`${workspace.apiUrl}/imports`, { headers: { Authorization: `Bearer ${key}` } })).status;
    expect(await use()).toBe(200);
    await page.getByRole('link', { name: 'Done' }).click();
    await page.getByRole('row', { name: 'upload form' }).getByRole('link', { name: 'Revoke' }).click();
    await page.getByRole('button', { name: 'Revoke the key' }).click();
    await page.getByText('The key "upload form" is revoked.').waitFor();
    expect(await use()).toBe(401);
  });
});
