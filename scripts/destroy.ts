/** `npm run destroy`: removes a deployment and everything in it, after its name was typed. */
import { prepareRemoval } from './deploy/destroy/removal.ts';
import { confirmRemoval, runRemoval } from './deploy/destroy/run.ts';
import { destroyOptions } from './deploy/options.ts';
import { reportProblem } from './lib/problem.ts';

const say = (line: string) => console.log(line);

async function destroy(): Promise<void> {
  const options = destroyOptions(process.argv.slice(2));
  const removal = await prepareRemoval(options.env, process.env, say);
  if (removal === null) return;
  await confirmRemoval(removal, options.confirm, say);
  await runRemoval(removal, say);
}

await destroy().catch(reportProblem);
