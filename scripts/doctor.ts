/** `npm run doctor`: proves a deployment with a file of its own. Exit code 0 when every check passed, else 1. */
import { readArguments } from './doctor/arguments.ts';
import { examine } from './doctor/examine.ts';
import { isHealthy, row, summary, toJson } from './doctor/report.ts';
import { reportProblem } from './lib/problem.ts';

async function main(): Promise<void> {
  const { deployment, storage, json } = readArguments(process.argv.slice(2), process.env);
  if (!json) console.log(`Examining ${deployment.url}\n`);
  const onResult = json ? () => undefined : (result: Parameters<typeof row>[0]) => console.log(row(result));
  const results = await examine({ deployment, storage, onResult });
  console.log(json ? toJson(deployment.url, results) : `\n${summary(results)}`);
  process.exitCode = isHealthy(results) ? 0 : 1;
}

await main().catch(reportProblem);
