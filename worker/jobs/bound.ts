import { sql } from 'drizzle-orm';

/**
 * A value as a column of an `INSERT … SELECT`. Such a SELECT names every column of the table in the order of its
 * definition: the statement matches them by place.
 */
export function bound(value: string | number | null) {
  return sql`${value}`.as('bound');
}
