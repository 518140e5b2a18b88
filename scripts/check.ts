/** `npm run check`: runs all checks that must pass before a commit, the fastest first. Stops at the first failure. */
import { checkDrizzleDrift } from './check/drizzle-drift.ts';
import { dryRun } from './check/dry-run.ts';
import { runNode } from './lib/run-node.ts';
import { runTests } from './test/run-tests.ts';

const steps: [name: string, run: () => Promise<number>][] = [
  ['format', () => runNode('node_modules/prettier/bin/prettier.cjs', ['--check', '--log-level=warn', '.'])],
  ['lint', () => runNode('node_modules/oxlint/bin/oxlint', ['--type-aware', '--deny-warnings'])],
  ['types', () => runNode('node_modules/typescript/bin/tsc', ['-b'])],
  ['migrations', checkDrizzleDrift],
  ['deployment, dry run', dryRun],
  ['tests', async () => ((await runTests([])) ? 0 : 1)],
];

for (const [name, run] of steps) {
  console.log(`\n— ${name}`);
  const code = await run();
  if (code !== 0) {
    console.error(`Failed: ${name}.`);
    process.exit(code);
  }
}
