/** `npm run dev`: the same stack with the Worker in `wrangler dev`, which builds it again whenever a source changes. */
import { reportProblem } from './lib/problem.ts';
import { runStack } from './start/stack.ts';
import { startInWrangler } from './start/worker-in-wrangler.ts';

await runStack(process.env, startInWrangler).catch(reportProblem);
process.exit();
