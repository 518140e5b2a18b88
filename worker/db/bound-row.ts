import { getTableColumns, sql, type SQL, type Table } from 'drizzle-orm';

/**
 * A value as a column of an `INSERT … SELECT`. Such a SELECT names every column of the table in the order of its
 * definition: the statement matches them by place.
 */
export function bound(value: string | number | null) {
  return sql`${value}`.as('bound');
}

/** A whole row for an `INSERT … SELECT`: every column of the table in its order, its default or null where `values` has none. */
export function boundRow<Row extends Table>(table: Row, values: Row['$inferInsert']) {
  const columns = Object.entries(getTableColumns(table)).map(([name, column]) => {
    const given: unknown = values[name as keyof typeof values];
    const value: unknown = (given === undefined ? column.default : given) ?? null;
    const driverValue = value === null ? null : column.mapToDriverValue(value);
    return [name, sql`${driverValue}`.as('bound')];
  });
  return Object.fromEntries(columns) as { [Name in keyof Row['$inferInsert']]-?: SQL.Aliased };
}
