/** What there is to remove of a deployment, and how each thing is removed. */
import { StartProblem } from '../../lib/problem.ts';
import { inAccount, openApi } from '../cloudflare.ts';
import { readCommitted } from '../../lib/wrangler-toml.ts';
import { namesOf, type Names } from '../names.ts';
import { openRecord, type DeploymentRecord } from '../record.ts';
import { chooseAccount } from '../sign-in.ts';
import { survey, type FoundQueue, type Survey } from '../survey.ts';
import { wranglerIn, type Wrangler } from '../wrangler.ts';

export interface Removal {
  names: Names;
  record: DeploymentRecord;
  steps: RemovalStep[];
}

export interface RemovalStep {
  subject: string;
  /** Removes it; answers a sentence when it must stay for now. */
  run: () => Promise<string | null>;
}

/** Looks for what belongs to the deployment; null when nothing is there. */
export async function prepareRemoval(
  env: string | null,
  variables: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<Removal | null> {
  const names = namesOf(readCommitted().name, env);
  const record = openRecord(variables, names.worker);
  const ask = await openApi(wranglerIn(variables), variables);
  const { accountId, name } = await chooseAccount(ask, variables, record.readSettings().accountId);
  say(`Account: ${name}`);
  const wrangler = wranglerIn({ ...variables, CLOUDFLARE_ACCOUNT_ID: accountId });
  const steps = stepsOf(names, await survey(inAccount(ask, accountId), names), wrangler);
  if (steps.length > 0) return { names, record, steps };
  say(`There is nothing of ${names.worker} in this account.`);
  return null;
}

/** Who uses a thing goes before the thing. */
function stepsOf(names: Names, found: Survey, wrangler: Wrangler): RemovalStep[] {
  const steps: RemovalStep[] = [];
  const remove = (subject: string, ...args: string[]) => {
    steps.push({ subject, run: async () => (await wrangler(...args), null) });
  };
  const queues = [found.doorbell, found.webhooks, found.deadLetters].filter((queue) => queue !== null);
  for (const { queue, consumer } of queues.flatMap(consumersOf))
    remove(`consumer of ${queue}`, 'queues', 'consumer', 'remove', queue, consumer);
  if (found.applicationId !== null)
    remove(`container application ${names.downloader}`, 'containers', 'delete', found.applicationId);
  if (found.pageApplicationId !== null)
    remove(`container application ${names.pageDownloader}`, 'containers', 'delete', found.pageApplicationId);
  if (found.hasWorker) remove(`Worker ${names.worker}`, 'delete', names.worker, '--force');
  for (const { name } of queues) remove(`queue ${name}`, 'queues', 'delete', name);
  if (found.databaseId !== null)
    remove(
      `D1 database ${names.database}, with all imports and keys`,
      'd1',
      'delete',
      names.database,
      '--skip-confirmation',
    );
  // The last one first: the others are found as long as those before them exist.
  for (const { name } of found.moreDatabases.toReversed())
    remove(`D1 database ${name}, with its imports and keys`, 'd1', 'delete', name, '--skip-confirmation');
  if (found.hasBucket)
    steps.push({
      subject: `R2 bucket ${names.bucket}, with all files`,
      run: () => removeBucket(names.bucket, wrangler),
    });
  return steps;
}

function consumersOf(queue: FoundQueue): { queue: string; consumer: string }[] {
  return queue.consumers.map((consumer) => ({ queue: queue.name, consumer }));
}

/** Cloudflare deletes empty buckets only: the objects of others expire first, by a rule. */
async function removeBucket(bucket: string, wrangler: Wrangler): Promise<string | null> {
  try {
    await wrangler('r2', 'bucket', 'delete', bucket);
    return null;
  } catch (error) {
    if (!(error instanceof StartProblem) || !error.message.includes('[code: 10008]')) throw error;
  }
  await wrangler(
    'r2',
    'bucket',
    'lifecycle',
    'add',
    bucket,
    'destroy',
    '--expire-days',
    '1',
    '--abort-multipart-days',
    '1',
    '--force',
  );
  return 'still has files; they now expire within a day: run npm run destroy again after that';
}
