/** `npm run docs`: writes the generated pages of docs/. A test fails if they differ from the code. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatedPages } from './docs/pages.ts';
import { ROOT } from './lib/paths.ts';

for (const [path, text] of await generatedPages()) {
  writeFileSync(join(ROOT, path), text);
  console.log(`Wrote ${path}.`);
}
