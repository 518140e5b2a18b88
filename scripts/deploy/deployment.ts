/** One deployment while it is made: who, where, with what, and what was found there. */
import { StartProblem } from '../lib/problem.ts';
import { inAccount, openApi, type Cloudflare } from './cloudflare.ts';
import { deployedVars, slotsOf } from './configuration.ts';
import { readCommitted, type Committed } from '../lib/wrangler-toml.ts';
import { findEngine } from '../lib/engine.ts';
import { namesOf, type Names } from './names.ts';
import type { DeployOptions } from './options.ts';
import { mergeSettings, openRecord, type DeploymentRecord, type Settings } from './record.ts';
import { missingSecrets } from './secrets.ts';
import { chooseAccount } from './sign-in.ts';
import { findDomainOwner, survey, type Survey } from './survey.ts';
import { wranglerIn, type Wrangler } from './wrangler.ts';

export interface Deployment {
  names: Names;
  committed: Committed;
  settings: Settings;
  record: DeploymentRecord;
  accountId: string;
  api: Cloudflare;
  wrangler: Wrangler;
  found: Survey;
  publicUrl: string;
  /** Those that the Worker lacks. */
  secrets: Record<string, string>;
  force: boolean;
  newKey: boolean;
  /** Known after the last steps. */
  apiKey: string | null;
  dashboardPath: string;
}

/** Looks at everything that a deployment needs and refuses what cannot work, before anything is changed. */
export async function prepareDeployment(
  options: DeployOptions,
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<Deployment> {
  const committed = readCommitted();
  const names = namesOf(committed.name, options.env);
  const record = openRecord(env, names.worker);
  const remembered = record.readSettings();
  const ask = await openApi(wranglerIn(env), env);
  const { accountId, name } = await chooseAccount(ask, env, remembered.accountId);
  say(`Account: ${name}`);
  const settings = { ...mergeSettings(remembered, options.given), accountId };
  const wrangler = wranglerIn({
    ...env,
    CLOUDFLARE_ACCOUNT_ID: accountId,
    ...engineFor(settings, env, options.dryRun, say),
  });
  const api = inAccount(ask, accountId);
  const found = await survey(api, names);
  settings.databases = databasesOf(settings.databases, found, options.given.databases);
  if (settings.domain !== null) await refuseTakenDomain(api, names, settings.domain);
  const publicUrl = publicUrlOf(names, settings, found);
  sayIdleDatabases(settings, deployedVars({ committed, settings, publicUrl }), say);
  const secrets = missingSecrets({
    env,
    kept: record.readSecrets(),
    onWorker: found.secrets,
    hasData: found.hasData,
  });
  const { force, newKey } = options;
  return {
    names,
    committed,
    settings,
    record,
    accountId,
    api,
    wrangler,
    found,
    publicUrl,
    secrets,
    force,
    newKey,
    apiKey: null,
    dashboardPath: '/dashboard',
  };
}

/** A database without a slot starts jobs only where a fleet member fetches them. */
function sayIdleDatabases(
  { databases }: Settings,
  vars: Record<string, string>,
  say: (line: string) => void,
): void {
  const slots = slotsOf(vars, 'DOWNLOADER_SLOTS');
  if (slots === 0 || slots >= databases) return;
  say(
    `DOWNLOADER_SLOTS is ${slots}, so some of the ${databases} databases have no downloader: add --var DOWNLOADER_SLOTS=${databases}, or fleet members.`,
  );
}

/** As many as the flag or an earlier run says, and never fewer than there are: the others have workspaces. */
function databasesOf(wanted: number, { moreDatabases }: Survey, given: number | undefined): number {
  const existing = moreDatabases.length + 1;
  if (given !== undefined && given < existing)
    throw new StartProblem(
      `There are ${existing} databases, and each has workspaces, which stay there: give --databases ${existing} or more.`,
    );
  return Math.max(wanted, existing);
}

/** Only an image that is built here needs an engine; the plan is printed without one. */
function engineFor(
  settings: Settings,
  env: NodeJS.ProcessEnv,
  dryRun: boolean,
  say: (line: string) => void,
): Record<string, string> {
  if (settings.image !== null || settings.downloaderUrl !== null) return {};
  const engine = findEngine(env);
  if ('command' in engine) return { WRANGLER_DOCKER_BIN: engine.command };
  const problem =
    `No container engine answers (${engine.reasons}), and the image of the downloader must be built. Start Docker or Podman, or name an ` +
    'image that is pushed already with --image REFERENCE, or a downloader that runs elsewhere with --downloader-url URL.';
  if (!dryRun) throw new StartProblem(problem);
  say(`Would fail: ${problem}`);
  return {};
}

function publicUrlOf(names: Names, { domain }: Settings, { workersDev }: Survey): string {
  if (domain !== null) return `https://${domain}`;
  if (workersDev !== null) return `https://${names.worker}.${workersDev}`;
  throw new StartProblem(
    'This account has no workers.dev subdomain yet: open "Workers & Pages" in the dashboard once, which registers one, or give --domain HOST.',
  );
}

/** Without a terminal, wrangler would take the domain from the other Worker without asking. */
async function refuseTakenDomain(api: Cloudflare, { worker }: Names, domain: string): Promise<void> {
  const owner = await findDomainOwner(api, domain);
  if (owner === null || owner === worker) return;
  throw new StartProblem(
    `${domain} belongs to the Worker ${owner}; remove it there first, or give another --domain.`,
  );
}
