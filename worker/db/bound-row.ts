import { Column, getTableColumns, SQL, sql, type Table } from 'drizzle-orm';

type RowValues<Row extends Table> = {
  [Name in keyof Row['$inferInsert']]: Row['$inferInsert'][Name] | SQL | Column;
};

/**
 * The `SELECT` of a whole row for an `INSERT`. SQLite matches the columns of such a SELECT by position, so the row has a value, an
 * expression or a column of `from` for each column of the table, in the order of its definition. A column that `values` leaves out gets its default, or null.
 */
export function selectRow<Row extends Table>(table: Row, values: RowValues<Row>, from: SQL): SQL {
  const columns = Object.entries(getTableColumns(table));
  const row = columns.map(([name, column]) => driverValue(column, values[name as keyof typeof values]));
  return sql`SELECT ${sql.join(row as SQL[], COMMA)} ${from}`;
}

const COMMA = sql.raw(', ');

/** What is bound for the column; an expression stays as it is. */
function driverValue(column: Column, given: unknown): unknown {
  const value = (given === undefined ? column.default : given) ?? null;
  const isReady = value === null || value instanceof SQL || value instanceof Column;
  return isReady ? value : column.mapToDriverValue(value);
}

/** The same for a `SELECT` that Drizzle builds, which takes longer. To take columns of the selected table, spread the result and override them. */
export function boundRow<Row extends Table>(table: Row, values: Row['$inferInsert']) {
  const columns = Object.entries(getTableColumns(table)).map(([name, column]) => {
    return [name, sql`${driverValue(column, values[name as keyof typeof values])}`.as('bound')];
  });
  return Object.fromEntries(columns) as { [Name in keyof Row['$inferInsert']]-?: SQL.Aliased };
}
