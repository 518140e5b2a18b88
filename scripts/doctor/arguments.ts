/** The command line of `npm run doctor`. */
import { parseArgs } from 'node:util';
import { StartProblem } from '../lib/problem.ts';
import { stateDirectory } from '../lib/paths.ts';
import { readDevFile } from '../start/greeting.ts';
import type { Deployment } from './deployment.ts';

export interface DoctorArguments {
  deployment: Deployment;
  storage: { destination: string | null } | null;
  json: boolean;
}

const USAGE =
  'Usage: npm run doctor -- [--url https://… --key imp_…] [--storage] [--destination NAME] [--json]. ' +
  'Without --url it examines the service that `npm start` runs.';

/** Throws a StartProblem for options that it does not know, and when it is not told what to examine. */
export function readArguments(argv: string[], env: NodeJS.ProcessEnv): DoctorArguments {
  const values = parse(argv);
  const destination = values.destination ?? null;
  const storage = values.storage || destination !== null ? { destination } : null;
  return { deployment: findDeployment(values, env), storage, json: values.json ?? false };
}

function parse(argv: string[]) {
  try {
    const options = {
      url: { type: 'string' },
      key: { type: 'string' },
      storage: { type: 'boolean' },
      destination: { type: 'string' },
      json: { type: 'boolean' },
    } as const;
    return parseArgs({ args: argv, options, strict: true }).values;
  } catch (error) {
    throw new StartProblem(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}

/** What `--url` and `--key` name; the running local stack when neither is given. */
function findDeployment(values: { url?: string; key?: string }, env: NodeJS.ProcessEnv): Deployment {
  const key = values.key ?? env.IMPORTLY_API_KEY;
  if (values.url !== undefined) {
    const url = URL.parse(values.url);
    if (!url || !/^https?:$/.test(url.protocol))
      throw new StartProblem(`--url must be an http(s) URL.\n${USAGE}`);
    if (!key) throw new StartProblem(`--key is missing: the API key of ${url.origin}.\n${USAGE}`);
    return { url: url.origin, apiKey: key };
  }
  const local = readDevFile(stateDirectory(env));
  if (!local)
    throw new StartProblem(`Nothing runs here. Start the service with npm start, or pass --url.\n${USAGE}`);
  return { url: local.apiUrl, apiKey: key ?? local.apiKey };
}
