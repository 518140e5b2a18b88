/** The writer of statements writes what Drizzle's own one writes. */
import { and, eq, inArray, isNull, sql, type SQL } from 'drizzle-orm';
import { alias, SQLiteAsyncDialect } from 'drizzle-orm/sqlite-core';
import { describe, expect, it } from 'vitest';
import { boundRow } from '../../../worker/db/bound-row.ts';
import { jobs } from '../../../worker/db/tables/jobs.ts';
import { workspaces } from '../../../worker/db/tables/workspaces.ts';
import { writeSql } from '../../../worker/db/write-sql.ts';
import { makeCtx } from '../support/make-ctx.ts';

const dialect = new SQLiteAsyncDialect();
const { db } = makeCtx();
const other = alias(jobs, 'other "one"');
const counted = db
  .select({ total: sql<number>`count(*)`.as('total') })
  .from(jobs)
  .where(eq(jobs.status, 'queued'))
  .as('counted');
const request = { url: 'https://media.example/ü"?.mp4', store: true };
const row = boundRow(workspaces, { id: 'w', name: 'A', maxConcurrent: 2, createdAt: 5 });

const STATEMENTS: Record<string, { getSQL(): SQL }> = {
  'values of columns': db
    .update(jobs)
    .set({ request, isPage: true, errorCode: null })
    .where(isNull(jobs.slot)),
  'expressions of columns': db.update(jobs).set({ attempt: sql`${jobs.attempt} + 1`, warnings: ['a'] }),
  'rows that are returned': db.delete(jobs).where(eq(jobs.id, 'a')).returning(),
  'a selected row, and its conflict': db
    .insert(workspaces)
    .select(db.select(row).from(jobs).where(eq(jobs.id, 'a')))
    .onConflictDoUpdate({ target: workspaces.id, set: { name: sql`excluded.name` } }),
  'two rows': db.insert(workspaces).values([
    { id: 'a', name: 'A', maxConcurrent: 2, createdAt: 1 },
    { id: 'b', name: 'B', maxConcurrent: 2, createdAt: 2 },
  ]),
  'a join with another name': db
    .select()
    .from(jobs)
    .innerJoin(other, eq(other.storeOf, jobs.id))
    .orderBy(other.id),
  'a query among the tables': db.select().from(counted),
  'a query beside the others': db
    .with(db.$with('w').as(db.select().from(jobs)))
    .select()
    .from(jobs),
  'a query among the conditions': db
    .select()
    .from(jobs)
    .where(inArray(jobs.workspaceId, db.select({ id: workspaces.id }).from(workspaces))),
  'lists, also an empty one': sql`${inArray(jobs.id, ['a', 'b'])} ${[1, 'two', sql`three`]} ${[]}`,
  'values of every kind': sql`${1} ${'?'} ${null} ${true} ${10n} ${new Uint8Array([1])} ${undefined} ${sql.param(request, jobs.request)}`,
  'names and raw text': sql`${sql.identifier('a"b')} ${sql.raw('now()')} ${jobs} ${other} ${sql`x`.as('y')} ${sql.empty()}`,
  'values in the text': sql`${and(eq(jobs.id, 'it’s'), sql`${5}`)?.inlineParams()}`,
  'values that are given later': sql`${sql.placeholder('a')} ${eq(jobs.request, sql.placeholder('b'))}`,
};

describe('a statement is written as Drizzle writes it', () => {
  it.each(Object.entries(STATEMENTS))('with %s', (_name, statement) => {
    const byDrizzle = (piece: SQL) => dialect.sqlToQuery(piece);
    const { sql: text, params } = byDrizzle(statement.getSQL());
    expect(writeSql(statement.getSQL(), byDrizzle)).toEqual({ sql: text, params });
  });
});
