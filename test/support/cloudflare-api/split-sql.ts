/** How D1's remote API cuts SQL into statements: by the semicolon that ends a line, without an eye for triggers. */

/**
 * The statements of `sql`. A trigger over several lines is cut in its middle, so that SQLite then says `incomplete input`,
 * as the remote API does; one on a single line stays whole.
 */
export function splitRemoteSql(sql: string): string[] {
  const statements: string[] = [];
  let current = '';
  for (const line of sql.split('\n')) {
    current += `${line}\n`;
    if (!/;\s*(?:--.*)?$/.test(line) || /^\s*--/.test(line)) continue;
    statements.push(current);
    current = '';
  }
  statements.push(current);
  return statements.filter((statement) => statement.replace(/--.*$/gm, '').trim() !== '');
}
