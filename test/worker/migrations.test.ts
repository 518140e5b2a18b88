import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';

const insertJob = (id: string, status: string, runAfter: number) =>
  env.DB.prepare(
    `INSERT INTO jobs (id, workspace_id, kind, status, request, run_after, created_at) VALUES (?, 'w', 'import', ?, '{}', ?, 0)`,
  ).bind(id, status, runAfter);

it('keeps the counters of a workspace equal to its jobs', async () => {
  await env.DB.prepare(
    `INSERT INTO workspaces (id, name, max_concurrent, created_at) VALUES ('w', 'w', 2, 0)`,
  ).run();
  await env.DB.batch([
    insertJob('a', 'queued', 5),
    insertJob('b', 'queued', 3),
    insertJob('c', 'processing', 0),
  ]);
  const counters = () =>
    env.DB.prepare('SELECT running, queued, next_due_at AS nextDueAt FROM workspaces').first();
  expect(await counters()).toEqual({ running: 1, queued: 2, nextDueAt: 3 });
  await env.DB.exec(`UPDATE jobs SET status = 'processing' WHERE id = 'b'`);
  expect(await counters()).toEqual({ running: 2, queued: 1, nextDueAt: 5 });
  await env.DB.exec(`UPDATE jobs SET status = 'canceled' WHERE id = 'a'`);
  await env.DB.exec(`DELETE FROM jobs WHERE id = 'c'`);
  expect(await counters()).toEqual({ running: 1, queued: 0, nextDueAt: null });
});
