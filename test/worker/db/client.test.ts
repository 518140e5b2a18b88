/** The handle on D1. */
import { env } from 'cloudflare:test';
import { expect, it } from 'vitest';
import { connect } from '../../../worker/db/client.ts';
import { jobs } from '../../../worker/db/tables/jobs.ts';

const db = connect(env.DB);

it.each([
  ['a select', db.select({ id: jobs.id }).from(jobs).limit(3), 'limit 3'],
  ['a search for one row', db.query.jobs.findFirst({ columns: { id: true } }), 'limit 1'],
  ['a delete', db.delete(jobs).limit(0), 'limit 0'],
])('the limit of %s is part of its text, so that SQLite compiles it once', (_, query, limit) => {
  const { sql, params } = query.toSQL();
  expect({ sql: sql.slice(-limit.length), params }).toEqual({ sql: limit, params: [] });
});

it('limits a select', async () => {
  const rows = db.select({ name: jobs.id }).from(jobs).limit(0);
  expect(await rows).toEqual([]);
});
