/** `npm run fuzz`: reads mutated files and texts with every reader of foreign bytes. */
import { runNode } from './lib/run-node.ts';

process.exitCode = await runNode('test/fuzz/fuzz.ts', process.argv.slice(2));
