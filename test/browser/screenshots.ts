/** Takes a picture of every page of the dashboard, in light, in dark and on a phone, into docs/images/. */
import { mkdir, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { ROOT } from '../../scripts/lib/paths.ts';
import { randomApiKey } from '../../worker/auth/keys/api-key.ts';
import { startVersitygw, type TestS3Server } from '../support/s3-servers/versitygw.ts';
import { connectApi } from '../support/stack/api.ts';
import { insertWorkspace } from '../support/stack/insert-workspace.ts';
import { startStack } from '../support/stack/stack.ts';
import { chromiumPath, launch, openWindow } from './support/browser.ts';
import {
  fillWorkspace,
  NO_BUCKET,
  operatorWorkspaceId,
  pagesOf,
  type Bucket,
} from './support/fill-workspace.ts';

const FOLDER = join(ROOT, 'docs/images');
const LOOKS = {
  light: { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  dark: { colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  phone: { colorScheme: 'light', viewport: { width: 390, height: 844 } },
} as const;
/** Of 100. Text stays sharp, and a picture has about 30 KB. */
const WEBP_QUALITY = 80;

async function take(page: Page, path: string, name: string): Promise<void> {
  await page.goto(path, { waitUntil: 'networkidle' });
  await save(page, name);
  console.log(`docs/images/${name}.webp`);
}

async function save(page: Page, name: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const options = { format: 'webp', quality: WEBP_QUALITY } as const;
  const { data } = await session.send('Page.captureScreenshot', options);
  await writeFile(join(FOLDER, `${name}.webp`), Buffer.from(data, 'base64'));
  await session.detach();
}

function bucketOf({ endpoint, region, bucket, putOnly }: TestS3Server): Bucket {
  return { endpoint, region, bucket, ...putOnly };
}

if (chromiumPath === null) throw new Error('Pictures need Chromium.');
await mkdir(FOLDER, { recursive: true });
const [server, stack, browser] = [await startVersitygw(), await startStack(), await launch()];
try {
  const { apiUrl, stateDirectory } = stack;
  const workspace = { id: randomUUID(), apiKey: randomApiKey(), maxConcurrent: 4 };
  await insertWorkspace(stateDirectory, workspace);
  const api = await connectApi(apiUrl, workspace.apiKey);
  const pages = pagesOf(await fillWorkspace(api, apiUrl, server ? bucketOf(server) : NO_BUCKET));
  for (const [look, options] of Object.entries(LOOKS)) {
    const { page } = await openWindow(
      browser,
      { workspace: { ...workspace, apiUrl, stateDirectory } },
      options,
    );
    for (const [name, path] of Object.entries(pages)) await take(page, path, `${name}-${look}`);
    const operator = { id: operatorWorkspaceId(stateDirectory), apiUrl, stateDirectory };
    const operations = await openWindow(browser, { workspace: operator }, options);
    await take(operations.page, '/dashboard/operations', `operations-${look}`);
  }
} finally {
  await browser.close();
  await stack.stop();
  await server?.stop();
}
