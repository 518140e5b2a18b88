/** `npm run bench`: measures the time, CPU time and memory of imports on this machine. */
import { runNode } from './lib/run-node.ts';

process.exitCode = await runNode('test/bench/bench.ts', process.argv.slice(2));
