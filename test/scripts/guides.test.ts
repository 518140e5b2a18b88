import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../scripts/lib/paths.ts';

test('/docs has a page for each file of docs/', () => {
  const files = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.md'),
  );
  const list = readFileSync(join(ROOT, 'worker/site/docs/guides.ts'), 'utf8');
  expect(files.length).toBeGreaterThan(20);
  expect(files.filter((file) => !list.includes(`'docs/${file}'`))).toEqual([]);
});
