import { expect, it } from 'vitest';
import { postWebhook } from '../../../worker/webhooks/post-webhook.ts';

const request = { url: 'https://app.example.com/', headers: {}, body: '{}' };

it('an endpoint that does not answer in time is given up', async () => {
  const hang: typeof fetch = (_input, init) =>
    new Promise((_resolve, reject) => {
      init?.signal?.addEventListener('abort', () => reject(new Error('aborted')));
    });
  expect(await postWebhook({ fetch: hang, now: Date.now }, request, 20)).toEqual({
    answer: null,
    error: 'timeout',
    retryAfterMs: null,
  });
});
