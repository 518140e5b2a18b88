/** The typed handle on D1. D1 has no interactive transactions: rows that belong together go in one `db.batch`. */
import { sql, type SQL } from 'drizzle-orm';
import { drizzle, type DrizzleD1Database } from 'drizzle-orm/d1';
import { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import * as accounts from './tables/accounts.ts';
import * as artifacts from './tables/artifacts.ts';
import * as auditLog from './tables/audit-log.ts';
import * as batches from './tables/batches.ts';
import * as destinations from './tables/destinations.ts';
import * as events from './tables/events.ts';
import * as fleet from './tables/fleet.ts';
import * as idempotencyKeys from './tables/idempotency-keys.ts';
import * as importLists from './tables/import-lists.ts';
import * as jobs from './tables/jobs.ts';
import * as ledger from './tables/ledger.ts';
import * as members from './tables/members.ts';
import * as queueProbes from './tables/queue-probes.ts';
import * as slots from './tables/slots.ts';
import * as transfers from './tables/transfers.ts';
import * as webhooks from './tables/webhooks.ts';
import * as workspaces from './tables/workspaces.ts';
import { writeSql, type Written } from './write-sql.ts';

const schema = {
  ...accounts,
  ...artifacts,
  ...auditLog,
  ...batches,
  ...destinations,
  ...events,
  ...fleet,
  ...idempotencyKeys,
  ...importLists,
  ...jobs,
  ...ledger,
  ...members,
  ...queueProbes,
  ...slots,
  ...transfers,
  ...webhooks,
  ...workspaces,
};

export type Db = DrizzleD1Database<typeof schema> & { $client: D1Database };

/** The handle on a D1 binding, with every table of `tables/`. */
export function connect(d1: D1Database): Db {
  const db = drizzle(d1, { schema });
  writeLimitsAsText(db);
  writeFast(db);
  nameColumnsFast(db);
  return db;
}

type SqlToQuery = (statement: SQL) => Written;

/** Drizzle tries ten kinds for each piece of a statement and joins lists of texts, which took 0.7 ms of CPU for a small import. */
function writeFast(db: object): void {
  const { dialect } = db as { dialect: { sqlToQuery: SqlToQuery } };
  const byDrizzle = dialect.sqlToQuery.bind(dialect);
  dialect.sqlToQuery = (statement) => writeSql(statement, byDrizzle);
}

type BuildSelection = (fields: { field: unknown }[], of: { isSingleTable?: boolean }) => SQL;

/** The list of columns that a statement on one table returns: Drizzle tries four kinds for each column. */
function nameColumnsFast(db: object): void {
  const { dialect } = db as { dialect: { buildSelection: BuildSelection } };
  const byDrizzle = dialect.buildSelection.bind(dialect);
  dialect.buildSelection = (fields, of) => {
    if (of.isSingleTable !== true) return byDrizzle(fields, of);
    const pieces = fields.map((one) =>
      one.field instanceof SQLiteColumn ? `"${one.field.name}"` : byDrizzle([one], of),
    );
    if (pieces.every((piece) => typeof piece === 'string')) return sql.raw(pieces.join(', '));
    const written = pieces.map((piece) => (typeof piece === 'string' ? sql.raw(piece) : piece));
    return sql.join(written, sql.raw(', '));
  };
}

type BuildLimit = (limit: unknown) => SQL | undefined;

/**
 * SQLite plans a statement for the value of its LIMIT. When the limit is bound, it compiles the statement again for every use. Drizzle
 * binds all limits, so this handle writes them into the text.
 */
function writeLimitsAsText(db: object): void {
  const { dialect } = db as { dialect: { buildLimit: BuildLimit } };
  const bound = dialect.buildLimit.bind(dialect);
  dialect.buildLimit = (limit) =>
    typeof limit === 'number' && limit >= 0 ? sql.raw(` limit ${Math.trunc(limit)}`) : bound(limit);
}
