import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../scripts/lib/paths.ts';

/** For those who change the code, which has it. */
const LEFT_OUT = new Set(['architecture.md']);

test('/docs has a page for each guide of docs/', () => {
  const files = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.md') && !LEFT_OUT.has(file),
  );
  const list = readFileSync(join(ROOT, 'worker/site/docs/guides.ts'), 'utf8');
  expect(files.length).toBeGreaterThan(15);
  expect(files.filter((file) => !list.includes(`'docs/${file}'`))).toEqual([]);
});
