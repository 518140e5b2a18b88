import { sql, type SQL } from 'drizzle-orm';
import { idPrefixOf } from '../ids.ts';

/** A UUID v7 of this time (Unix milliseconds), another one for each row of a statement. */
export function sqlId(timeMs: number): SQL {
  const random = (bytes: number) => sql.raw(`lower(hex(randomblob(${bytes})))`);
  const threeDigits = sql`substr(${random(2)}, 2)`;
  return sql`${idPrefixOf(timeMs)} || '-7' || ${threeDigits} || '-8' || ${threeDigits} || '-' || ${random(6)}`;
}
