import { sql, type SQL } from 'drizzle-orm';

/** The lane of deliveries to a URL that a request named, as `announce-end.ts` computes it for one job. The URL is in normal form. */
export function callbackLane(workspaceId: string, url: SQL): SQL {
  const rest = sql`substr(${url}, instr(${url}, '://') + 3)`;
  return sql`${workspaceId} || ' ' || substr(${rest}, 1, instr(${rest}, '/') - 1)`;
}
