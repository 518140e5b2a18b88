/** `npm run docs`: writes the pages of docs/ that are made of code. A test holds them against what this would write. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatedPages } from './docs/pages.ts';
import { ROOT } from './lib/paths.ts';

for (const [path, text] of await generatedPages()) {
  writeFileSync(join(ROOT, path), text);
  console.log(`Wrote ${path}.`);
}
