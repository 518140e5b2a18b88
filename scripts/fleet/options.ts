/** The command line of `npm run fleet`. */
import { parseArgs } from 'node:util';
import { MEMBER_NAME } from '../../worker/fleet/fleet-token.ts';
import { StartProblem } from '../lib/problem.ts';

export type FleetOptions = {
  /** Null: the local stack; else the deployment, `env` as for `npm run deploy`. */
  remote: { env: string | null } | null;
  /** The number of the database whose jobs the member fetches. */
  database: number;
} & ({ action: 'list'; name: null } | { action: 'add' | 'revoke'; name: string });

const USAGE =
  'Usage: npm run fleet -- add NAME | list | revoke NAME [--remote [--env ENV] [--database NUMBER]]';

/** Throws a StartProblem that says what is wrong. */
export function fleetOptions(args: string[]): FleetOptions {
  const { values, positionals } = parse(args);
  const remote = values.remote || values.env !== undefined ? { env: values.env ?? null } : null;
  const database = databaseOf(values.database, remote !== null);
  const [action, name, ...rest] = positionals;
  if (action === 'list' && name === undefined) return { remote, database, action, name: null };
  if ((action !== 'add' && action !== 'revoke') || name === undefined || rest.length > 0)
    throw new StartProblem(USAGE);
  if (!MEMBER_NAME.test(name))
    throw new StartProblem(
      `A name has up to 32 of a-z, 0-9 and "-", and neither begins nor ends with "-"; not "${name}".`,
    );
  return { remote, database, action, name };
}

/** The local stack has one database. */
function databaseOf(text: string | undefined, isRemote: boolean): number {
  if (text === undefined) return 0;
  if (isRemote && /^\d{1,2}$/.test(text)) return Number(text);
  throw new StartProblem(`--database takes the number of a database of a deployment, from 0, with --remote.`);
}

function parse(args: string[]) {
  try {
    const options = {
      remote: { type: 'boolean' },
      env: { type: 'string' },
      database: { type: 'string' },
    } as const;
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new StartProblem(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}
