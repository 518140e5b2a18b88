/** The test database behind a D1 binding that counts statements, and the rows they read and write. */
import { env } from 'cloudflare:workers';
import { connect, type Db } from '../../../worker/db/client.ts';

/** What one or more statements cost by D1's own figures. */
export interface D1Cost {
  /** Requests to D1: a batch is one. */
  calls: number;
  /** Each statement of a batch counts as one. */
  statements: number;
  rowsRead: number;
  rowsWritten: number;
}

export interface MeteredDb {
  db: Db;
  /** Runs `work` and gives what was spent meanwhile. */
  costOf: (work: () => Promise<unknown>) => Promise<D1Cost>;
  /** Milliseconds that D1 has spent on statements. Its clock is coarse: only a sum over many says something. */
  sqlMs: () => number;
}

/** A database with its meter. */
export function meteredDb(): MeteredDb {
  const spent: D1Cost = { calls: 0, statements: 0, rowsRead: 0, rowsWritten: 0 };
  let sqlMs = 0;
  const add = ({ meta }: D1Result) => {
    spent.statements += 1;
    spent.rowsRead += meta.rows_read;
    spent.rowsWritten += meta.rows_written;
    sqlMs += meta.duration;
  };
  const costOf = async (work: () => Promise<unknown>) => {
    const before = { ...spent };
    await work();
    return {
      calls: spent.calls - before.calls,
      statements: spent.statements - before.statements,
      rowsRead: spent.rowsRead - before.rowsRead,
      rowsWritten: spent.rowsWritten - before.rowsWritten,
    };
  };
  const addCall = (result: D1Result[]) => {
    spent.calls += 1;
    result.forEach(add);
  };
  return { db: connect(meteredBinding(env.DB, addCall)), costOf, sqlMs: () => sqlMs };
}

/** Drizzle calls nothing else of the binding. */
function meteredBinding(binding: D1Database, add: (results: D1Result[]) => void): D1Database {
  const metered = {
    prepare: (query: string) =>
      meteredStatement(binding.prepare(query), { add, isRead: /^\s*(?:select|with)/i.test(query) }),
    batch: async (statements: MeteredStatement[]) => {
      const results = await binding.batch(statements.map(({ inner }) => inner));
      add(results);
      return results;
    },
  };
  return metered as unknown as D1Database;
}

type MeteredStatement = { inner: D1PreparedStatement };

interface Meter {
  add: (results: D1Result[]) => void;
  isRead: boolean;
}

function meteredStatement(inner: D1PreparedStatement, meter: Meter): object {
  const all = async () => {
    const result = await inner.all<Record<string, unknown>>();
    meter.add([result]);
    return result;
  };
  return {
    inner,
    bind: (...values: unknown[]) => meteredStatement(inner.bind(...values), meter),
    run: all,
    all,
    // A raw answer has no figures, and the other form loses columns of the same name: a read runs in both forms.
    raw: async () => {
      const { results } = await all();
      return meter.isRead ? inner.raw() : results.map((row) => Object.values(row));
    },
  };
}
