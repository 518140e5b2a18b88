/** Writes a statement of Drizzle as text: the same text as Drizzle's own writer, which takes several times as long for each piece. */
import {
  Column,
  getTableName,
  isSQLWrapper,
  isTable,
  Name,
  Param,
  Placeholder,
  SQL,
  StringChunk,
  Subquery,
  View,
} from 'drizzle-orm';

/** A statement with the values that are bound to its question marks. */
export interface Written {
  sql: string;
  params: unknown[];
}

/** The text of a statement, and its values as D1 takes them. `byDrizzle` writes pieces that this writer does not know. */
export function writeSql(statement: SQL, byDrizzle: (piece: SQL) => Written): Written {
  const written: Written = { sql: '', params: [] };
  write(statement, { written, byDrizzle });
  return written;
}

interface Writer {
  written: Written;
  byDrizzle: (piece: SQL) => Written;
}

/** The most frequent kinds of pieces come first. */
function write(piece: unknown, writer: Writer): void {
  if (piece instanceof StringChunk) writer.written.sql += piece.value.join('');
  else if (piece instanceof Column) writer.written.sql += nameOf(piece);
  else if (isPlain(piece)) for (const inner of piece.queryChunks) write(inner, writer);
  else if (piece instanceof Param) writeParam(piece, writer);
  else if (piece === undefined) return;
  else if (typeof piece !== 'object' || piece === null || piece instanceof Placeholder) bind(piece, writer);
  else if (isTable(piece)) writer.written.sql += escaped(getTableName(piece));
  else if (Array.isArray(piece)) writeList(piece, writer);
  else writeOther(piece, writer);
}

function isPlain(piece: unknown): piece is SQL {
  return piece instanceof SQL && !(piece as unknown as { shouldInlineParams: boolean }).shouldInlineParams;
}

function bind(value: unknown, { written }: Writer): void {
  written.sql += '?';
  written.params.push(value);
}

function writeParam(param: Param, writer: Writer): void {
  const { value, encoder } = param;
  // The value of a placeholder is encoded when it is given.
  if (value instanceof Placeholder) return bind(param, writer);
  const encoded: unknown = value === null ? null : encoder.mapToDriverValue(value);
  if (encoded instanceof SQL) write(encoded, writer);
  else bind(encoded, writer);
}

function writeList(pieces: readonly unknown[], writer: Writer): void {
  writer.written.sql += '(';
  for (const [index, piece] of pieces.entries()) {
    if (index > 0) writer.written.sql += ', ';
    write(piece, writer);
  }
  writer.written.sql += ')';
}

function writeOther(piece: object, writer: Writer): void {
  const { written, byDrizzle } = writer;
  if (piece instanceof SQL.Aliased && piece.fieldAlias !== undefined) {
    written.sql += escaped(piece.fieldAlias);
  } else if (piece instanceof Name) {
    written.sql += escaped(piece.value);
  } else if (isSQLWrapper(piece) && !isNamedQuery(piece)) {
    const isBare = (piece as { shouldOmitSQLParens?: () => boolean }).shouldOmitSQLParens?.() === true;
    write(isBare ? piece.getSQL() : [piece.getSQL()], writer);
  } else {
    const { sql, params } = byDrizzle(new SQL([piece as SQL]));
    written.sql += sql;
    written.params.push(...params);
  }
}

/** They are written with their names, and SQL with its values in the text. */
function isNamedQuery(piece: unknown): boolean {
  return piece instanceof Subquery || piece instanceof View || piece instanceof SQL;
}

const names = new WeakMap<Column, string>();

/** The name of a column with that of its table. */
function nameOf(column: Column): string {
  const known = names.get(column);
  if (known !== undefined) return known;
  const name = `${escaped(getTableName(column.table))}.${escaped(column.name)}`;
  names.set(column, name);
  return name;
}

function escaped(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
