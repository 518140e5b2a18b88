/** Finds the name that a mistyped name probably means. Pure. */

/** A longer input is not a typing error, and comparing it takes time. */
const MAX_CHARACTERS = 64;

/** The most similar of `names`, ignoring case, `_` and `-`. Null when more than a third of its characters (rounded up) differ. */
export function nearestName(typed: string, names: readonly string[]): string | null {
  if (typed.length > MAX_CHARACTERS) return null;
  const ranked = names
    .map((name) => ({ name, distance: editDistance(normalise(typed), normalise(name)) }))
    .sort((a, b) => a.distance - b.distance);
  const [best] = ranked;
  return best && best.distance <= Math.ceil(best.name.length / 3) ? best.name : null;
}

function normalise(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]/g, '');
}

/** The Levenshtein distance, computed row by row. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [row, letter] of Array.from(a).entries()) {
    const current = [row + 1];
    for (let column = 0; column < b.length; column += 1) {
      const replaced = at(previous, column) + (letter === b[column] ? 0 : 1);
      current.push(Math.min(replaced, at(previous, column + 1) + 1, at(current, column) + 1));
    }
    previous = current;
  }
  return at(previous, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
