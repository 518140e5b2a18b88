/** `npm run hostile`: imports from hostile sources beside honest ones, and measures what they cost. */
import { runNode } from './lib/run-node.ts';

process.exitCode = await runNode('test/hostile/hostile.ts', process.argv.slice(2));
