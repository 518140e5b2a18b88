import { sql, type SQL } from 'drizzle-orm';
import { idPrefixOf, markOf } from '../ids.ts';

/** The same as `markedId`, another ID for each row of a statement. */
export function sqlId(timeMs: number, database: number): SQL {
  const random = (bytes: number) => sql.raw(`lower(hex(randomblob(${bytes})))`);
  const threeDigits = sql`substr(${random(2)}, 2)`;
  const third = database === 0 ? sql`'7' || ${threeDigits}` : sql`${markOf(database)}`;
  return sql`${idPrefixOf(timeMs)} || '-' || ${third} || '-8' || ${threeDigits} || '-' || ${random(6)}`;
}
