import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../scripts/lib/paths.ts';

const CALL = /[lL]og(?:\.(?:info|error)|\[[^\]]+\])\(([^,)]*)/g;
const NAME = /'([a-z]+\.[a-z_]+)'/g;

const matches = (pattern: RegExp, text: string) => [...text.matchAll(pattern)].map(([, found = '']) => found);

/** Events that the source passes to a log. */
function eventsInCode(): string[] {
  const files = globSync('{worker,downloader}/**/*.ts', { cwd: ROOT });
  const calls = files.flatMap((file) => matches(CALL, readFileSync(join(ROOT, file), 'utf8')));
  return calls.flatMap((call) => matches(NAME, call));
}

/** Events in the first column of a table. */
function eventsInRunbook(): string[] {
  const runbook = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8');
  return matches(/^\| `([a-z]+\.[a-z_]+)` /gm, runbook);
}

test('the tables of docs/operations.md list every event of the log once, and no other', () => {
  const documented = eventsInRunbook();
  expect(documented.length).toBeGreaterThan(20);
  expect(documented.toSorted()).toEqual([...new Set(eventsInCode())].toSorted());
});
