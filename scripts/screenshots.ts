/** `npm run screenshots`: takes a picture of every page of the dashboard into docs/images/. */
import { runNode } from './lib/run-node.ts';

process.exitCode = await runNode('test/browser/screenshots.ts', process.argv.slice(2));
