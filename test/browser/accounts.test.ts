/** Accounts in a browser: invitation, sign-in and sign-out, and what becomes of a page whose session ends. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestWorkspace } from '../support/stack/workspace.ts';
import { chromiumPath, startBrowser, type TestBrowser } from './support/browser.ts';

const PASSWORD = 'correct horse battery staple';

async function signIn(page: Page, email: string, password = PASSWORD): Promise<void> {
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Ends the session of a window, whose cookie stays, as somebody does who signs out in another one. */
async function endSession(page: Page): Promise<void> {
  const cookies = await page.context().cookies();
  const Cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
  const { origin } = new URL(page.url());
  const answer = await fetch(`${origin}/sign-out`, { method: 'POST', headers: { Cookie, Origin: origin } });
  expect(answer.url).toBe(`${origin}/sign-in`);
}

describe.skipIf(chromiumPath === null)('accounts in a browser', () => {
  let browser: TestBrowser;
  /** A person with a password, whose window is `page`. */
  let person: { page: Page; email: string; workspace: TestWorkspace };

  /** The owner of a new workspace invites a person, who opens the link in another window and makes an account. */
  async function invite(role: string) {
    const { page: owner, workspace } = await browser.visit();
    const email = `grace-${workspace.id}@example.com`;
    await owner.goto('/dashboard/members');
    await owner.getByLabel('E-mail address').fill(email);
    await owner.getByLabel('Role', { exact: true }).selectOption(role);
    await owner.getByRole('button', { name: 'Invite' }).click();
    const link = await owner.locator('#link').innerText();
    const page = await browser.visitAsStranger(workspace);
    await page.goto(link);
    await page.getByText(`${email} is invited as ${role}.`).waitFor();
    await page.getByLabel('Your name').fill('Grace Hopper');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Make the account' }).click();
    await page.getByText('You are a member of test now.').waitFor();
    return { owner, page, email, workspace, link };
  }

  beforeAll(async () => {
    browser = await startBrowser();
    person = await invite('owner');
  });
  afterAll(async () => browser.close());

  test('an invited person joins with the role of the invitation, which works once', async () => {
    const { owner, page, email, workspace, link } = await invite('read-only');
    await page.getByRole('navigation', { name: 'Sections' }).getByText('Imports').waitFor();
    expect(await page.getByRole('link', { name: 'API keys' }).count()).toBe(0);
    await page.goto('/dashboard/imports');
    expect(await page.getByRole('link', { name: 'Import a file' }).count()).toBe(0);
    const refused = await page.goto('/dashboard/storage');
    expect(refused?.status()).toBe(403);
    await owner.goto('/dashboard/members');
    const row = owner.getByRole('row', { name: email });
    expect(await row.getByRole('combobox', { name: /role/i }).inputValue()).toBe('read-only');
    const second = await browser.visitAsStranger(workspace);
    expect((await second.goto(link))?.status()).toBe(410);
  });

  test('a wrong password and an unknown address show the same page; a copied cookie is worth nothing after sign-out', async () => {
    const { page, email, workspace } = person;
    const copied = await page.context().cookies();
    await page.goto('/dashboard');
    await page.getByText('Grace Hopper').click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('You are signed out.').waitFor();

    const thief = await browser.visitAsStranger(workspace);
    await thief.context().addCookies(copied);
    await thief.goto('/dashboard/keys');
    expect(new URL(thief.url()).pathname).toBe('/sign-in');

    const texts = [];
    for (const address of [email, 'nobody@example.com']) {
      await signIn(page, address, 'not the password');
      await page.getByRole('alert').waitFor();
      texts.push(await page.locator('main').innerText());
      await page.goto('/sign-in');
    }
    expect(texts[0]).toContain('The e-mail address or the password is wrong.');
    expect(texts[1]).toBe(texts[0]);
    await page.goto('/dashboard/usage');
    await signIn(page, email);
    await page.getByRole('heading', { level: 1, name: 'Usage' }).waitFor();
  });

  test('a form whose session has ended is sent after the sign-in; its secret is typed again', async () => {
    const { page, email } = person;
    await page.goto('/dashboard/storage');
    await page.getByLabel('MinIO, Ceph or another').check();
    await page.getByLabel('Access Key ID').fill('AKIAIOSFODNN7EXAMPLE');
    await page.getByLabel('Secret Access Key').fill('typed-before');
    await page.getByLabel('Bucket Name').fill('kept-bucket');
    await page.getByLabel('Region').fill('us-east-1');
    await page.getByLabel('Endpoint').fill('http://127.0.0.1:9');
    await endSession(page);
    await page.getByRole('button', { name: 'Save Configuration' }).click();
    await page.getByText('Your session has ended.').waitFor();
    expect(await page.content()).not.toContain('typed-before');
    await signIn(page, email);
    await page.getByText('What you typed is kept, except secrets.').waitFor();
    expect(await page.content()).not.toContain('typed-before');
    await page.getByLabel('Secret Access Key').fill('typed-again');
    await page.getByRole('button', { name: 'Send the form' }).click();
    await page.getByText('The configuration is saved').waitFor();
    expect(await page.getByLabel('Bucket Name').inputValue()).toBe('kept-bucket');
  });

  test('a preview whose session has ended becomes the sign-in page, and the form is back after it', async () => {
    const { page, email, workspace } = person;
    const url = `${workspace.apiUrl}/sample.wav`;
    await page.goto('/dashboard/imports/new');
    await endSession(page);
    await page.getByLabel('URL', { exact: true }).fill(url);
    await page.getByLabel('What to take').selectOption('audio');
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
    expect(await page.getByRole('navigation', { name: 'Sections' }).count()).toBe(0);
    await signIn(page, email);
    await page.getByRole('button', { name: 'Send the form' }).click();
    await page.getByRole('heading', { level: 1, name: 'New import' }).waitFor();
    expect(await page.getByLabel('URL', { exact: true }).inputValue()).toBe(url);
    expect(await page.getByLabel('What to take').inputValue()).toBe('audio');
  });

  test('a page that watches an import goes to the sign-in page when its session ends, and comes back', async () => {
    const { page, email, workspace } = person;
    const id = await workspace.api.startImport({ url: `${workspace.apiUrl}/sample-slow.wav` });
    await page.goto(`/dashboard/imports/${id}`);
    await page.locator('#live').waitFor();
    await endSession(page);
    await page.waitForURL('**/sign-in?next=*');
    await signIn(page, email);
    await page.waitForURL(`**/dashboard/imports/${id}`);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.locator('.page-header .badge', { hasText: 'Canceled' }).waitFor();
    expect(await workspace.api.status(id)).toMatchObject({ status: 'canceled' });
  });
});
