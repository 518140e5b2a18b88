import { env } from 'cloudflare:workers';
import { beforeEach, expect, it } from 'vitest';
import { hostOf } from '../../worker/jobs/imports/search-words.ts';
import { emptyTables } from './support/empty-tables.ts';

// Other files share the database and leave rows there, also of workspaces.
beforeEach(emptyTables);

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
    env.DB.prepare(`SELECT running, queued, next_due_at AS nextDueAt FROM workspaces WHERE id = 'w'`).first();
  expect(await counters()).toEqual({ running: 1, queued: 2, nextDueAt: 3 });
  await env.DB.exec(`UPDATE jobs SET status = 'processing' WHERE id = 'b'`);
  expect(await counters()).toEqual({ running: 2, queued: 1, nextDueAt: 5 });
  await env.DB.exec(`UPDATE jobs SET status = 'canceled' WHERE id = 'a'`);
  await env.DB.exec(`DELETE FROM jobs WHERE id = 'c'`);
  expect(await counters()).toEqual({ running: 1, queued: 0, nextDueAt: null });
});

it('sets via for placements of versions that do not know it', async () => {
  const rows = [
    { id: 'p1', destinationId: 'd', digest: 'crc32', via: 's3' },
    { id: 'p2', destinationId: 'd', digest: 'sha256', via: 's3' },
    { id: 'p3', destinationId: null, digest: 'sha256', via: 'direct' },
    { id: 'p4', destinationId: null, digest: 'crc32', via: 'relay' },
  ];
  const expected = rows.map(({ id, via }) => ({ id, via }));
  const insert = env.DB.prepare(
    `INSERT INTO placements (id, artifact_id, job_id, attempt, destination_id, status, kind, part_size_bytes, digest, bucket, key, created_at) VALUES (?, 'f', 'j', 1, ?, 'open', 'multipart', 5, ?, 'b', 'k', 0)`,
  );
  await env.DB.batch([
    env.DB.prepare(`INSERT INTO workspaces (id, name, max_concurrent, created_at) VALUES ('v', 'v', 2, 0)`),
    env.DB.prepare(
      `INSERT INTO jobs (id, workspace_id, kind, status, request, run_after, created_at) VALUES ('j', 'v', 'import', 'processing', '{}', 0, 0)`,
    ),
    env.DB.prepare(
      `INSERT INTO artifacts (id, job_id, attempt, role, title, extension, content_type, created_at) VALUES ('f', 'j', 1, 'media', 't', 'mp4', 'video/mp4', 0)`,
    ),
    ...rows.map(({ id, destinationId, digest }) => insert.bind(id, destinationId, digest)),
  ]);
  const found = async () =>
    (await env.DB.prepare('SELECT id, via FROM placements ORDER BY id').all()).results;
  expect(await found()).toEqual(expected);
  // Rows that are older than the column have its default until the migration fills it in.
  await env.DB.exec(`UPDATE placements SET via = 'relay'`);
  const migration = env.TEST_MIGRATIONS.find(({ name }) => name.endsWith('_placement_via.sql'));
  const fill = migration?.queries.filter((query) => /^UPDATE placements/m.test(query)) ?? [];
  expect(fill).toHaveLength(1);
  for (const query of fill) await env.DB.prepare(query).run();
  expect(await found()).toEqual(expected);
});

it('knows when the next job of a workspace is due, whether it is a single one or an item of a batch', async () => {
  await env.DB.prepare(
    `INSERT INTO workspaces (id, name, max_concurrent, created_at) VALUES ('n', 'n', 2, 0)`,
  ).run();
  const insertItem = (id: string, runAfter: number, batchId: string | null) =>
    env.DB.prepare(
      `INSERT INTO jobs (id, workspace_id, kind, status, request, run_after, created_at, batch_id) VALUES (?, 'n', 'import', 'queued', '{}', ?, 0, ?)`,
    ).bind(id, runAfter, batchId);
  const due = () =>
    env.DB.prepare(
      `SELECT next_due_at AS file, next_page_due_at AS page FROM workspaces WHERE id = 'n'`,
    ).first();
  await env.DB.batch([insertItem('n1', 7, null), insertItem('n2', 5, 'b'), insertItem('n3', 6, 'b')]);
  expect(await due()).toEqual({ file: 5, page: null });
  await env.DB.exec(`UPDATE jobs SET is_page = 1 WHERE id = 'n2'`);
  expect(await due()).toEqual({ file: 6, page: 5 });
  await env.DB.exec(`UPDATE jobs SET status = 'processing' WHERE id IN ('n2', 'n3')`);
  expect(await due()).toEqual({ file: 7, page: null });
});

it('marks uploads that an attempt leaves unfinished, also those that earlier versions have left', async () => {
  const job = (id: string, status: string) =>
    env.DB.prepare(
      `INSERT INTO jobs (id, workspace_id, kind, status, request, run_after, created_at, attempt) VALUES (?, 'l', 'import', ?, '{}', 0, 0, 2)`,
    ).bind(id, status);
  const upload = (id: string, jobId: string, attempt: number, status: string) =>
    env.DB.prepare(
      `INSERT INTO placements (id, artifact_id, job_id, attempt, status, kind, part_size_bytes, bucket, key, created_at) VALUES (?, 'f', ?, ?, ?, 'single', 5, 'b', 'k', 0)`,
    ).bind(id, jobId, attempt, status);
  await env.DB.batch([
    env.DB.prepare(`INSERT INTO workspaces (id, name, max_concurrent, created_at) VALUES ('l', 'l', 2, 0)`),
    ...['l1', 'l2'].map((id) => job(id, 'processing')),
    upload('earlier attempt', 'l1', 1, 'open'),
    ...['open', 'completing', 'stored', 'aborted'].map((status) => upload(status, 'l1', 2, status)),
    upload('running', 'l2', 2, 'open'),
  ]);
  const left = async () => {
    const { results } = await env.DB.prepare(
      `SELECT id FROM placements WHERE job_id LIKE 'l_' AND is_left = 1 ORDER BY id`,
    ).all();
    return results.map(({ id }) => id);
  };
  const migration = env.TEST_MIGRATIONS.find(({ name }) => name.endsWith('_fewer_indexes.sql'));
  const fill = migration?.queries.filter((query) => /^UPDATE placements/m.test(query)) ?? [];
  expect(fill).toHaveLength(1);
  for (const query of fill) await env.DB.prepare(query).run();
  expect(await left()).toEqual(['earlier attempt']);
  await env.DB.exec(`UPDATE jobs SET status = 'canceled' WHERE id = 'l1'`);
  expect(await left()).toEqual(['completing', 'earlier attempt', 'open']);
  // The end of a canceled job disowns what it has stored.
  await env.DB.exec(`UPDATE placements SET status = 'completing' WHERE id = 'stored'`);
  expect(await left()).toEqual(['completing', 'earlier attempt', 'open', 'stored']);
});

it('notes the attempts that an earlier version of the service begins and accepts', async () => {
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO workspaces (id, name, max_concurrent, created_at) VALUES ('begun', 'begun', 2, 0)`,
    ),
    env.DB.prepare(
      `INSERT INTO jobs (id, workspace_id, kind, status, request, run_after, created_at, attempt, claimed_at, accepted_at, uploading_at) VALUES ('begun', 'begun', 'import', 'processing', '{}', 0, 0, 2, 10, 11, 12)`,
    ),
  ]);
  const about = () =>
    env.DB.prepare(
      `SELECT claimed_at AS claimed, accepted_at AS accepted, uploading_at AS uploading FROM jobs WHERE id = 'begun'`,
    ).first();
  const insert = (attempt: number, claimedAt: number) =>
    env.DB.prepare(
      `INSERT INTO attempts (job_id, attempt, slot, claimed_at) VALUES ('begun', ?, 'slot-0', ?)`,
    )
      .bind(attempt, claimedAt)
      .run();
  await insert(1, 5);
  expect(await about()).toEqual({ claimed: 10, accepted: 11, uploading: 12 });
  await insert(2, 20);
  expect(await about()).toEqual({ claimed: 20, accepted: null, uploading: null });
  await env.DB.exec(`UPDATE attempts SET accepted_at = 21 WHERE job_id = 'begun' AND attempt = 2`);
  expect(await about()).toEqual({ claimed: 20, accepted: 21, uploading: null });
  // Those that run during the migration.
  await env.DB.exec(`UPDATE jobs SET claimed_at = NULL, accepted_at = NULL WHERE id = 'begun'`);
  const migration = env.TEST_MIGRATIONS.find(({ name }) => name.endsWith('_running_attempts.sql'));
  const fill = migration?.queries.filter((query) => /^UPDATE jobs/m.test(query)) ?? [];
  expect(fill).toHaveLength(1);
  for (const query of fill) await env.DB.prepare(query).run();
  expect(await about()).toEqual({ claimed: 20, accepted: 21, uploading: null });
});

it('finds the host of imports that are older than the column as the Worker does', async () => {
  const urls = [
    'https://www.example.com/a',
    'https://example.com:8443/www.other.example/',
    'http://m.example.com/?next=http://other.example/@:',
    'http://[2001:db8::1]:8080/a:b',
    'https://xn--bcher-kva.example/#/',
    'https://wwwx.example/',
  ];
  await env.DB.prepare(
    `INSERT INTO workspaces (id, name, max_concurrent, created_at) VALUES ('h', 'h', 2, 0)`,
  ).run();
  const insert = env.DB.prepare(
    `INSERT INTO jobs (id, workspace_id, kind, status, request, run_after, created_at) VALUES (?, 'h', 'import', 'failed', ?, 0, 0)`,
  );
  await env.DB.batch(urls.map((url, index) => insert.bind(`h${index}`, JSON.stringify({ url }))));
  const migration = env.TEST_MIGRATIONS.find(({ name }) => name.endsWith('_import_list.sql'));
  const fill = migration?.queries.filter((query) => query.includes('SET source_host')) ?? [];
  expect(fill).toHaveLength(1);
  for (const query of fill) await env.DB.prepare(query).run();
  const { results } = await env.DB.prepare(
    `SELECT source_host AS host FROM jobs WHERE workspace_id = 'h' ORDER BY id`,
  ).all<{ host: string }>();
  expect(results.map(({ host }) => host)).toEqual(urls.map(hostOf));
});
