/** `npm run fuzz:api`: sends random requests to the whole API for two minutes, other ones each time. */
import { orExit, wholeNumber } from './lib/arguments.ts';
import { runNode } from './lib/run-node.ts';

const { FUZZ_SECONDS = '120', FUZZ_SEED = String(Math.floor(Math.random() * 2 ** 32)) } = process.env;
orExit(() => {
  wholeNumber(FUZZ_SECONDS, { name: 'FUZZ_SECONDS', least: 1, most: 86_400 });
  wholeNumber(FUZZ_SEED, { name: 'FUZZ_SEED' });
});
console.log(`To send the same requests again, set FUZZ_SEED=${FUZZ_SEED}.`);
const args = ['run', '--project', 'e2e', 'test/fuzz-api', ...process.argv.slice(2)];
process.exitCode = await runNode('node_modules/vitest/vitest.mjs', args, { FUZZ_SECONDS, FUZZ_SEED });
