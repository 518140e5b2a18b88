/** Statements that are built once: building one with Drizzle, and reading its columns, takes longer than D1 takes to answer. */
import { fillPlaceholders, getTableColumns, sql, type SQL } from 'drizzle-orm';
import { SQLiteAsyncDialect, type SQLiteColumn, type SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { Db } from './client.ts';

/** A row as D1 gives it, by the names of its columns. */
export type RawRow = Record<string, unknown>;

/** A statement with its values, for `runBound`. */
export interface Bound<Row> {
  statement: D1PreparedStatement;
  toRow: (raw: RawRow) => Row;
}

/** A statement for many uses: `sql.placeholder(name)` in the query stands for a value that each use gives. */
export function prepared<Row>(
  query: SQL,
  toRow: (raw: RawRow) => Row,
): (db: Db, values: Record<string, unknown>) => Bound<Row> {
  const { sql: text, params } = new SQLiteAsyncDialect().sqlToQuery(query);
  return (db, values) => {
    const statement = db.$client.prepare(text).bind(...fillPlaceholders(params, values));
    return { statement, toRow };
  };
}

/**
 * A part of a statement whose text is made once: `sql.placeholder(name)` stands for a value that each use gives. Drizzle writes a condition
 * of hundreds of pieces anew for each statement.
 */
export function preparedPart(part: SQL): (values: Record<string, unknown>) => SQL {
  const { sql: text, params } = new SQLiteAsyncDialect().sqlToQuery(part);
  const strings = text.split('?') as unknown as TemplateStringsArray;
  if (strings.length !== params.length + 1) throw new Error('a text of the statement has a question mark');
  return (values) => sql(strings, ...fillPlaceholders(params, values));
}

type RowsOf<Statements extends readonly Bound<unknown>[]> = {
  -readonly [Index in keyof Statements]: Statements[Index] extends Bound<infer Row> ? Row[] : never;
};

/** The rows of each statement, in one call of D1. */
export async function runBound<const Statements extends readonly Bound<unknown>[]>(
  db: Db,
  statements: Statements,
): Promise<RowsOf<Statements>> {
  const results = await db.$client.batch<RawRow>(statements.map(({ statement }) => statement));
  return statements.map(({ toRow }, index) => results[index]?.results.map(toRow)) as RowsOf<Statements>;
}

/** Reads a row of the table from `SELECT table.*`. */
export function rowOf<Table extends SQLiteTable>(table: Table): (raw: RawRow) => Table['$inferSelect'] {
  const columns = columnsOf(table);
  return (raw) => decode(columns, ({ name }) => raw[name]);
}

/** All columns of a row as one JSON value, so that one statement reads rows of several tables. D1 allows 32 columns. */
export function jsonRow(table: SQLiteTable, alias: string): SQL {
  const names = columnsOf(table).map(([, { name }]) => `${alias}.${name}`);
  return sql.raw(`json_array(${names.join(', ')})`);
}

/** Reads what `jsonRow` made. */
export function fromJsonRow<Table extends SQLiteTable>(
  table: Table,
): (values: unknown[]) => Table['$inferSelect'] {
  const columns = columnsOf(table);
  return (values) => decode(columns, (_, index) => values[index]);
}

type Columns = [member: string, column: SQLiteColumn][];

function columnsOf(table: SQLiteTable): Columns {
  return Object.entries(getTableColumns(table) as Record<string, SQLiteColumn>);
}

function decode(columns: Columns, valueOf: (column: SQLiteColumn, index: number) => unknown): object {
  const row: Record<string, unknown> = {};
  for (const [index, [member, column]] of columns.entries()) {
    const value = valueOf(column, index) ?? null;
    row[member] = value === null ? null : column.mapFromDriverValue(value);
  }
  return row;
}
