/** `npm run bench`: what an import costs in time, processor and memory on this machine. */
import { runNode } from './lib/run-node.ts';

process.exitCode = await runNode('test/bench/bench.ts', process.argv.slice(2));
