/** `npm run deploy`: the whole service into a Cloudflare account, as often as you like. */
import { prepareDeployment } from './deploy/deployment.ts';
import { deployOptions } from './deploy/options.ts';
import { runSteps, sayNext, sayPlan } from './deploy/run.ts';
import { reportProblem } from './lib/problem.ts';

const say = (line: string) => console.log(line);

async function deploy(): Promise<void> {
  const options = deployOptions(process.argv.slice(2));
  const deployment = await prepareDeployment(options, process.env, say);
  if (options.dryRun) return sayPlan(deployment, say);
  await runSteps(deployment, say);
  sayNext(deployment, say);
}

await deploy().catch(reportProblem);
