/** `npm start`: the whole service on this machine, until Ctrl-C. */
import { reportProblem } from './lib/problem.ts';
import { runStack } from './start/stack.ts';
import { startInMiniflare } from './start/worker-in-miniflare.ts';

await runStack(process.env, startInMiniflare).catch(reportProblem);
// Whatever was started has ended by now; a handle that a library forgot must not keep the terminal.
process.exit();
