/** The database that `npm run fleet` works on: the file of the local stack, or D1 of a deployment through wrangler. */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { publicKeyOf } from '../../worker/container/sign-request.ts';
import { readCommitted } from '../lib/wrangler-toml.ts';
import { bindingOf } from '../deploy/configuration.ts';
import { namesOf } from '../deploy/names.ts';
import { openRecord } from '../deploy/record.ts';
import { wranglerIn } from '../deploy/wrangler.ts';
import { stateDirectory } from '../lib/paths.ts';
import { StartProblem } from '../lib/problem.ts';
import { loadSecrets } from '../lib/secrets.ts';
import { readDevFile } from '../start/greeting.ts';
import type { FleetDatabase } from './members.ts';

/** How long to wait for a local stack that writes at the same time, in milliseconds. */
const BUSY_TIMEOUT_MS = 10_000;

/** Throws a StartProblem when there is nothing to work on. */
export async function openFleetDatabase(
  env: NodeJS.ProcessEnv,
  remote: { env: string | null } | null,
  /** Of several databases of a deployment. */
  number = 0,
): Promise<FleetDatabase> {
  return remote === null ? openLocal(stateDirectory(env)) : openRemote(env, remote.env, number);
}

function openLocal(directory: string): FleetDatabase {
  const dev = readDevFile(directory);
  const file = globSync(join(directory, 'v3/d1/*/*.sqlite')).find(
    (name) => !name.endsWith('metadata.sqlite'),
  );
  if (dev === null || file === undefined)
    throw new StartProblem('There is no local service yet: run npm start first, or pass --remote.');
  const withDatabase = async <T>(use: (database: DatabaseSync) => T): Promise<T> => {
    const database = new DatabaseSync(file);
    try {
      database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
      return use(database);
    } finally {
      database.close();
    }
  };
  return {
    number: 0,
    databases: 1,
    workerUrl: dev.apiUrl,
    dispatchPublicKey: loadSecrets(directory).DISPATCH_PUBLIC_KEY,
    run: (sql) => withDatabase((database) => database.exec(sql)),
    select: (sql) => withDatabase((database) => database.prepare(sql).all()),
  };
}

const Answer = z.array(z.object({ results: z.array(z.record(z.string(), z.unknown())) }));

async function openRemote(
  env: NodeJS.ProcessEnv,
  name: string | null,
  number: number,
): Promise<FleetDatabase> {
  const record = openRecord(env, namesOf(readCommitted().name, name).worker);
  const key = record.readKey();
  const privateKey = record.readSecrets().DISPATCH_PRIVATE_KEY;
  if (key === null || privateKey === undefined)
    throw new StartProblem('This machine has not deployed that service: run npm run deploy here first.');
  const { databases } = record.readSettings();
  if (number >= databases)
    throw new StartProblem(`The deployment has no database ${number}; the last one is ${databases - 1}.`);
  const wrangler = wranglerIn(env);
  const execute = (sql: string) =>
    wrangler(
      'd1',
      'execute',
      bindingOf(number),
      '--remote',
      '--yes',
      '--json',
      '--config',
      record.configPath,
      '--command',
      sql,
    );
  return {
    number,
    databases,
    workerUrl: key.apiUrl,
    dispatchPublicKey: await publicKeyOf(privateKey),
    run: async (sql) => void (await execute(sql)),
    select: async (sql) => Answer.parse(JSON.parse((await execute(sql)).stdout))[0]?.results ?? [],
  };
}
