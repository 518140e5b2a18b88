/** The test database behind a D1 binding that counts how often one waits for it: statements that run at the same time count once. */
import { env } from 'cloudflare:workers';
import { connect, type Db } from '../../../worker/db/client.ts';

/** A database, and how often `work` waited for it. */
export function waitedDb(): { db: Db; waitsOf: (work: () => Promise<unknown>) => Promise<number> } {
  const state = { running: 0, waits: 0 };
  const wait = async <T>(run: () => Promise<T>): Promise<T> => {
    if (state.running === 0) state.waits += 1;
    state.running += 1;
    try {
      return await run();
    } finally {
      state.running -= 1;
    }
  };
  const statement = (inner: D1PreparedStatement): object => ({
    inner,
    bind: (...values: unknown[]) => statement(inner.bind(...values)),
    run: () => wait(() => inner.run()),
    all: () => wait(() => inner.all()),
    raw: () => wait(() => inner.raw()),
  });
  const binding = {
    prepare: (query: string) => statement(env.DB.prepare(query)),
    batch: (statements: { inner: D1PreparedStatement }[]) =>
      wait(() => env.DB.batch(statements.map(({ inner }) => inner))),
  };
  const waitsOf = async (work: () => Promise<unknown>) => {
    const before = state.waits;
    await work();
    return state.waits - before;
  };
  return { db: connect(binding as unknown as D1Database), waitsOf };
}
