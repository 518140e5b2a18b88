/** `npm run dev`: runs the same stack with the Worker in `wrangler dev`, which rebuilds it when a source file changes. */
import { reportProblem } from './lib/problem.ts';
import { runStack } from './start/stack.ts';
import { startInWrangler } from './start/worker-in-wrangler.ts';

await runStack(process.env, startInWrangler).catch(reportProblem);
process.exit();
