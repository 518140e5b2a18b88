import { getTableColumns, sql, type SQL, type Table } from 'drizzle-orm';

/**
 * A whole row for an `INSERT … SELECT`. SQLite matches the columns of such a SELECT by position, so the row names every
 * column of the table in the order of its definition. A column that `values` leaves out gets its default, or null.
 * To take single columns from the selected table, spread the result and override them.
 */
export function boundRow<Row extends Table>(table: Row, values: Row['$inferInsert']) {
  const columns = Object.entries(getTableColumns(table)).map(([name, column]) => {
    const given: unknown = values[name as keyof typeof values];
    const value: unknown = (given === undefined ? column.default : given) ?? null;
    const driverValue = value === null ? null : column.mapToDriverValue(value);
    return [name, sql`${driverValue}`.as('bound')];
  });
  return Object.fromEntries(columns) as { [Name in keyof Row['$inferInsert']]-?: SQL.Aliased };
}
