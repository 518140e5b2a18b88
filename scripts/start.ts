/** `npm start`: runs the whole service on this machine until Ctrl-C. */
import { reportProblem } from './lib/problem.ts';
import { runStack } from './start/stack.ts';
import { startInMiniflare } from './start/worker-in-miniflare.ts';

await runStack(process.env, startInMiniflare).catch(reportProblem);
// Everything that was started has ended; a handle that a library left open must not keep the process alive.
process.exit();
