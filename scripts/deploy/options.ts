/** The command line of `npm run deploy` and `npm run destroy`. */
import { parseArgs } from 'node:util';
import { StartProblem } from '../lib/problem.ts';
import { MAX_DATABASES } from './names.ts';

export interface DeployOptions {
  /** Another deployment beside the first one, such as `staging`; null: the first one. */
  env: string | null;
  dryRun: boolean;
  /** Uploads the Worker even when nothing has changed. */
  force: boolean;
  /** Makes another API key. */
  newKey: boolean;
  /** What the flags say about settings that are remembered between runs. */
  given: GivenSettings;
}

export interface GivenSettings {
  domain?: string;
  image?: string;
  instance?: string;
  pageInstance?: string;
  downloaderUrl?: string;
  analytics?: string;
  mailFrom?: string;
  /** How many D1 databases share the workspaces. */
  databases?: number;
  vars: Record<string, string>;
}

const HOSTNAME = /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/;
/** Names of datasets are those of tables in queries. */
const DATASET = /^[a-z_][a-z0-9_]{0,63}$/i;
const INSTANCES = ['lite', 'basic', 'standard-1', 'standard-2', 'standard-3', 'standard-4'];
const ENVIRONMENT = /^[a-z][a-z0-9-]{0,19}$/;

/** Reads the flags of `npm run deploy`; throws a StartProblem that names what is wrong. */
export function deployOptions(args: string[]): DeployOptions {
  const { values } = orProblem(() =>
    parseArgs({
      args,
      options: {
        env: { type: 'string' },
        domain: { type: 'string' },
        image: { type: 'string' },
        instance: { type: 'string' },
        'page-instance': { type: 'string' },
        'downloader-url': { type: 'string' },
        analytics: { type: 'string' },
        'mail-from': { type: 'string' },
        databases: { type: 'string' },
        var: { type: 'string', multiple: true },
        'dry-run': { type: 'boolean' },
        force: { type: 'boolean' },
        'new-key': { type: 'boolean' },
      },
    }),
  );
  const domain = values.domain?.toLowerCase();
  if (domain && !HOSTNAME.test(domain))
    throw new StartProblem(`--domain takes a host name such as import.example.com, not "${domain}".`);
  const { analytics } = values;
  if (analytics && !DATASET.test(analytics))
    throw new StartProblem(`--analytics takes letters, digits and "_", not "${analytics}".`);
  requireInstance('--instance', values.instance);
  requireInstance('--page-instance', values['page-instance']);
  return {
    env: environmentOf(values.env),
    dryRun: values['dry-run'] ?? false,
    force: values.force ?? false,
    newKey: values['new-key'] ?? false,
    given: {
      ...(domain !== undefined && { domain }),
      ...(values.image !== undefined && { image: values.image }),
      ...(values.instance !== undefined && { instance: values.instance }),
      ...(values['page-instance'] !== undefined && { pageInstance: values['page-instance'] }),
      ...(values['downloader-url'] !== undefined && { downloaderUrl: values['downloader-url'] }),
      ...(analytics !== undefined && { analytics }),
      ...(values['mail-from'] !== undefined && { mailFrom: values['mail-from'] }),
      ...(values.databases !== undefined && { databases: readDatabases(values.databases) }),
      vars: Object.fromEntries((values.var ?? []).map(readVar)),
    },
  };
}

/** Reads the flags of `npm run destroy`. */
export function destroyOptions(args: string[]): { env: string | null; confirm: string | null } {
  const { values } = orProblem(() =>
    parseArgs({ args, options: { env: { type: 'string' }, confirm: { type: 'string' } } }),
  );
  return { env: environmentOf(values.env), confirm: values.confirm ?? null };
}

function orProblem<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new StartProblem(error instanceof Error ? error.message : String(error));
  }
}

/** An empty flag forgets the setting. */
function requireInstance(flag: string, type: string | undefined): void {
  if (type && !INSTANCES.includes(type))
    throw new StartProblem(`${flag} takes ${INSTANCES.join(', ')}, not "${type}".`);
}

function readDatabases(text: string): number {
  const databases = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  if (databases >= 1 && databases <= MAX_DATABASES) return databases;
  throw new StartProblem(`--databases takes a number from 1 to ${MAX_DATABASES}, not "${text}".`);
}

function environmentOf(env: string | undefined): string | null {
  if (env === undefined) return null;
  if (ENVIRONMENT.test(env)) return env;
  throw new StartProblem(`--env takes up to 20 of a-z, 0-9 and "-", a letter first, not "${env}".`);
}

function readVar(text: string): [string, string] {
  const match = /^([A-Z][A-Z0-9_]*)=(.*)$/s.exec(text);
  if (match === null) throw new StartProblem(`--var takes NAME=value, not "${text}".`);
  return [match[1] ?? '', match[2] ?? ''];
}
