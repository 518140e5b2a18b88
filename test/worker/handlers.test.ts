import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import worker from '../../worker/index.ts';
import { BadConfiguration, buildCtx } from '../../worker/build-ctx.ts';
import { createApiKey } from '../../worker/auth/keys/api-key.ts';
import { createWorkspace } from '../../worker/auth/workspace.ts';
import type { Env } from '../../worker/env.ts';
import { serve } from '../../worker/handlers.ts';
import { checkAnswers, type OpenApiDocument } from './support/openapi.ts';

afterEach(() => vi.restoreAllMocks());

const ORIGIN = 'http://127.0.0.1:8787';

describe('the Worker', () => {
  // No import is queued here, because the real consumer would claim it during later test files.
  it('serves its description, accepts a key, and refuses a request without one', async () => {
    const entry = (exports as unknown as { default: Fetcher }).default;
    const send = (path: string, init?: RequestInit) => entry.fetch(`${ORIGIN}${path}`, init);
    const document = await (await send('/openapi.json')).json<OpenApiDocument>();
    const checked = checkAnswers(document, send);
    const ctx = buildCtx(env);
    const workspace = await createWorkspace(ctx.db, { name: 'served', ...ctx });
    const { key } = await createApiKey(ctx.db, { workspaceId: workspace.id, name: 'served', ...ctx });
    const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' };
    expect((await checked('/storage', { headers })).status).toBe(404);
    expect((await checked('/storage')).status).toBe(401);
    expect((await checked('/import', { method: 'POST', headers, body: '{}' })).status).toBe(400);
  });

  it('acknowledges every doorbell message, whatever its content', async () => {
    const message = (id: string, body: unknown) => ({ id, timestamp: new Date(), attempts: 1, body });
    const batch = createMessageBatch('importly-open-doorbell', [message('1', {}), message('2', 'nonsense')]);
    const execution = createExecutionContext();
    await worker.queue(batch, env);
    const result = await getQueueResult(batch, execution);
    expect(result).toMatchObject({ outcome: 'ok', retryMessages: [] });
    expect(result.ackAll || result.explicitAcks.length === 2).toBe(true);
  });
});

describe('the dead-letter queue', () => {
  const letter = (id: string) => ({ id, timestamp: new Date(1_000), attempts: 2, body: { delivery: id } });
  const batchOf = (...ids: string[]) => createMessageBatch('importly-open-dead-letters', ids.map(letter));

  it('writes one row and one log line for each message, and acknowledges it', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    await worker.queue(batchOf('a'), env);
    const batch = batchOf('a', 'b');
    await worker.queue(batch, env);
    expect(await getQueueResult(batch, createExecutionContext())).toMatchObject({ ackAll: true });
    const { results } = await env.DB.prepare('SELECT id, body, attempts, sent_at FROM dead_letters').all();
    expect(results).toEqual([
      { id: 'a', body: '{"delivery":"a"}', attempts: 2, sent_at: 1_000 },
      { id: 'b', body: '{"delivery":"b"}', attempts: 2, sent_at: 1_000 },
    ]);
    const [line] = logged.mock.calls.flat();
    expect(JSON.parse(String(line))).toMatchObject({ event: 'queue.dead_letter', id: 'a' });
  });

  it('retries a message that could not be written', async () => {
    await env.DB.exec('DROP TABLE dead_letters');
    const batch = batchOf('c');
    await expect(worker.queue(batch, env)).rejects.toThrow('dead_letters');
    expect(await getQueueResult(batch, createExecutionContext())).toMatchObject({
      ackAll: false,
      explicitAcks: [],
    });
  });
});

describe('an invalid configuration', () => {
  const broken = (variables: Record<string, string | undefined>) =>
    ({ ...env, ...variables }) as unknown as Env;
  const r2Keys = { R2_S3_BUCKET: 'a', R2_ACCESS_KEY_ID: 'a-secret', R2_SECRET_ACCESS_KEY: 'a-secret' };

  it.each([
    [{ PUBLIC_URL: 'no-url-but-a-secret' }, ['PUBLIC_URL']],
    [{ ATTEMPT_TOKEN_KEY: undefined, CREDENTIAL_KEYS: '' }, ['ATTEMPT_TOKEN_KEY', 'CREDENTIAL_KEYS']],
    [{ EGRESS_ALLOW: 'source:a-secret:b:c' }, ['EGRESS_ALLOW']],
    [{ BILLING: 'a-secret' }, ['BILLING']],
    [{ RATE_LIMITS: 'a-secret' }, ['RATE_LIMITS']],
    [{ PLANS: '{a-secret' }, ['PLANS']],
    [{ PLANS: '{"a-secret":{}}' }, ['PLANS']],
    [{ PLANS: '{"free":{"importsPerHour":0}}' }, ['PLANS']],
    [{ ...r2Keys, R2_S3_ENDPOINT: 'http://a-secret.example' }, ['R2_S3_ENDPOINT']],
    [{ ...r2Keys, R2_S3_ENDPOINT: 'https://a.example/a-secret' }, ['R2_S3_ENDPOINT']],
    [{ ...r2Keys, R2_S3_ENDPOINT: 'https://a-secret:b@a.example' }, ['R2_S3_ENDPOINT']],
    [{ R2_SECRET_ACCESS_KEY: 'a-secret' }, ['R2_S3_ENDPOINT', 'R2_S3_BUCKET', 'R2_ACCESS_KEY_ID']],
    [
      { R2_S3_ENDPOINT: 'https://a.example', R2_S3_BUCKET: 'a-secret', R2_ACCESS_KEY_ID: 'a-secret' },
      ['R2_SECRET_ACCESS_KEY'],
    ],
  ])('%j is answered with 500, and the log names the variables but no value', async (variables, names) => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const answer = await serve(new Request(`${ORIGIN}/health`), broken(variables), createExecutionContext());
    expect(answer.status).toBe(500);
    expect(await answer.json()).toMatchObject({
      success: false,
      error: 'Internal error.',
      requestId: answer.headers.get('X-Request-Id'),
    });
    const [line] = logged.mock.calls.flat();
    expect(JSON.parse(String(line))).toMatchObject({ event: 'configuration.invalid', variables: names });
    expect(String(line)).not.toContain('secret');
  });

  it('refuses a loopback PUBLIC_URL with a downloader container', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const container = broken({ DOWNLOADER_URL: undefined });
    const answer = await serve(new Request(`${ORIGIN}/health`), container, createExecutionContext());
    expect(answer.status).toBe(500);
    const [line] = logged.mock.calls.flat();
    expect(JSON.parse(String(line))).toMatchObject({
      variables: ['PUBLIC_URL'],
      reasons: [expect.stringContaining('set it to the URL of the deployed Worker')],
    });
    expect(() => buildCtx(broken({ DOWNLOADER_URL: undefined, LOCAL_CONTAINER: 'on' }))).not.toThrow();
    expect(() =>
      buildCtx(broken({ DOWNLOADER_URL: undefined, PUBLIC_URL: 'https://a.example' })),
    ).not.toThrow();
  });

  it('fails the queue consumer and the cron trigger with the same error', () => {
    expect(() => buildCtx(broken({ PUBLIC_URL: '' }))).toThrow(new BadConfiguration(['PUBLIC_URL']));
  });
});
