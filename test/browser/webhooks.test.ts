/** Webhooks in a browser, against a server that receives them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startWebhookReceiver, takes, type WebhookReceiver } from '../support/webhook-receiver.ts';
import { chromiumPath, startBrowser, type TestBrowser } from './support/browser.ts';

const SCRIPT = '<script>alert("from the webhook")</script>';

describe.skipIf(chromiumPath === null)('webhooks in a browser', () => {
  let browser: TestBrowser;
  let receiver: WebhookReceiver;
  /** What the endpoint answers next. */
  let answers: (typeof takes)[];

  beforeAll(async () => {
    answers = [(response) => void response.writeHead(500).end(SCRIPT)];
    receiver = await startWebhookReceiver({
      '/hook': (response, webhook) => (answers.shift() ?? takes)(response, webhook),
    });
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await receiver.close();
  });

  test('an endpoint is added, tested and replayed; its page shows what was sent and what came back', async () => {
    const { page, complaints } = await browser.visit();
    await page.goto('/dashboard/webhooks');
    await page.getByText('No endpoints yet').waitFor();
    await page.getByLabel('URL', { exact: true }).fill(receiver.url('/hook'));
    await page.getByLabel('import.completed').check();
    await page.getByRole('button', { name: 'Add the endpoint' }).click();
    expect(await page.locator('#secret').innerText()).toMatch(/^whsec_/);
    await page.getByRole('link', { name: 'Done' }).click();

    await page.getByRole('button', { name: 'Send a test event' }).click();
    await page.getByText('Attempt 1').waitFor();
    const [sent] = receiver.at('/hook');
    const request = await page.locator('#request-1').innerText();
    expect(request).toContain(`POST ${receiver.url('/hook')}`);
    expect(request).toContain(sent?.body);
    expect(await page.locator('#answer-1').innerText()).toBe(SCRIPT);
    expect(await page.getByText('500', { exact: true }).count()).toBe(1);

    await page.getByRole('button', { name: 'Send again' }).click();
    await page.getByText('The event is sent again.').waitFor();
    await expect.poll(() => receiver.at('/hook').length).toBe(2);
    await expect
      .poll(async () => {
        await page.reload();
        return page.locator('.page-header .badge').innerText();
      })
      .toBe('Delivered');
    expect(receiver.at('/hook')[1]?.headers['webhook-id']).toBe(sent?.headers['webhook-id']);
    expect(await page.locator('#answer-2').innerText()).toBe('thanks');
    expect(complaints).toEqual([]);
  });
});
