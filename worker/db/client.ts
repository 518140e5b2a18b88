/** The typed handle on D1. Transactions do not exist there: rows that belong together go in one `db.batch`. */
import { drizzle, type DrizzleD1Database } from 'drizzle-orm/d1';
import * as schema from './schema.ts';

export type Db = DrizzleD1Database<typeof schema> & { $client: D1Database };

export function connect(d1: D1Database): Db {
  return drizzle(d1, { schema });
}
