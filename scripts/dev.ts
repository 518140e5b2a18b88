/**
 * `npm run dev`: runs the same stack with the Worker in `wrangler dev`, which rebuilds it when a source file changes.
 * With `--container`, the downloader runs in its container.
 */
import { parseArgs } from 'node:util';
import { reportProblem, StartProblem } from './lib/problem.ts';
import { requireContainer } from './start/container.ts';
import { runStack } from './start/stack.ts';
import { inWrangler } from './start/worker-in-wrangler.ts';

function options(): { container: boolean } {
  try {
    const { values } = parseArgs({ options: { container: { type: 'boolean', default: false } } });
    return values;
  } catch {
    throw new StartProblem('npm run dev has one option: npm run dev -- --container');
  }
}

async function dev(): Promise<void> {
  const { container } = options();
  const engine = container ? requireContainer(process.env) : null;
  await runStack(process.env, inWrangler(engine), { container });
}

await dev().catch(reportProblem);
process.exit();
