/** `npm test`: runs all tests. vitest receives the arguments. */
import { runTests } from './test/run-tests.ts';

process.exitCode = (await runTests(process.argv.slice(2))) ? 0 : 1;
