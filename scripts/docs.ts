/** `npm run docs`: writes the page of docs/ that is made of code. A test holds it against what this would write. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TROUBLESHOOTING_PATH, troubleshootingPage } from './docs/troubleshooting.ts';
import { ROOT } from './start/paths.ts';

writeFileSync(join(ROOT, TROUBLESHOOTING_PATH), await troubleshootingPage());
console.log(`Wrote ${TROUBLESHOOTING_PATH}.`);
