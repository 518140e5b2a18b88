import { describe, expect, it } from 'vitest';
import { makeJob } from '../support/rows.ts';
import { makeApi } from '../support/make-api.ts';
import { makeCtx } from '../support/make-ctx.ts';

describe('an unexpected error', () => {
  it('is answered with the request ID only, and its cause is logged without the parameters of the statement', async () => {
    const ctx = makeCtx();
    const { call } = await makeApi(ctx);
    await ctx.db.run('ALTER TABLE jobs RENAME TO jobs_away');
    const url = 'https://media.example.com/a.mp4?signature=secret';
    const answer = await call('POST', '/import', { url });
    await ctx.db.run('ALTER TABLE jobs_away RENAME TO jobs');
    expect(answer.status).toBe(500);
    expect(await answer.json()).toEqual({
      success: false,
      error: 'Internal error.',
      code: 'internal_error',
      retryable: true,
      hint: 'Try again. If the error persists, report the request ID.',
      requestId: answer.headers.get('X-Request-Id'),
    });
    const failures = ctx.lines.filter(({ event }) => event === 'request.failed');
    expect(failures).toHaveLength(1);
    expect(failures[0]?.facts).toMatchObject({
      requestId: answer.headers.get('X-Request-Id'),
      path: '/import',
      cause: expect.stringContaining('jobs'),
    });
    expect(JSON.stringify(ctx.lines)).not.toContain('secret');
  });
});

describe('every answer', () => {
  it('has headers against caching and content sniffing, and its own request ID', async () => {
    const { anonymous, call } = await makeApi();
    const answers = await Promise.all([
      call('GET', '/storage'),
      call('GET', '/nowhere'),
      anonymous('/import', { method: 'POST' }),
      anonymous('/internal/jobs/1/completed', { method: 'POST' }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 401, 401]);
    for (const { headers } of answers) {
      expect(headers.get('Cache-Control')).toBe('no-store');
      expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
    }
    expect(new Set(answers.map(({ headers }) => headers.get('X-Request-Id'))).size).toBe(4);
  });

  it('ignores a request ID from the client', async () => {
    const { anonymous } = await makeApi();
    const answer = await anonymous('/health', { headers: { 'X-Request-Id': 'mine' } });
    expect(answer.headers.get('X-Request-Id')).not.toBe('mine');
  });

  it('is logged in one line without the query; heartbeats and polls are logged only when they fail', async () => {
    const { ctx, workspaceId, call, anonymous } = await makeApi();
    const job = await makeJob(ctx, { workspaceId });
    for (const path of [`/import/status?id=${job.id}`, `/imports/${job.id}`])
      expect((await call('GET', path)).status).toBe(200);
    expect(ctx.lines.filter(({ facts }) => String(facts['path']).startsWith('/import'))).toEqual([]);
    await call('GET', '/import/status?id=secret');
    await anonymous('/internal/heartbeat', { method: 'POST', body: '{}' });
    const requests = ctx.lines.filter(({ event }) => event === 'request.answered').slice(-2);
    expect(requests.map(({ facts }) => facts)).toMatchObject([
      { method: 'GET', path: '/import/status', status: 404, workspaceId },
      { method: 'POST', path: '/internal/heartbeat', status: 400, workspaceId: undefined },
    ]);
    expect(JSON.stringify(ctx.lines)).not.toContain('secret');
  });
});
