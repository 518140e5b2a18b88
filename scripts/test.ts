/** `npm test`: every test there is; arguments are passed on to vitest. */
import { runTests } from './test/run-tests.ts';

process.exitCode = (await runTests(process.argv.slice(2))) ? 0 : 1;
