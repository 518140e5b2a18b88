/** Rotates the keys that encrypt credentials, on the data of a local stack. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig, type Config } from '../../worker/config.ts';
import type { Db } from '../../worker/db/client.ts';
import {
  findUnreadable,
  rotateBatch,
  type RotateBatch,
} from '../../worker/storage/destinations/rotate-credentials.ts';
import { findUnreadableSecrets, rotateSecretsBatch } from '../../worker/webhooks/rotate-keys.ts';
import { workerBindings } from './environment.ts';
import { openLocalDatabase } from './local-database.ts';
import { StartProblem } from '../lib/problem.ts';
import { takeOver } from './run-record.ts';
import { addCredentialKey, loadSecrets } from '../lib/secrets.ts';

export interface RotateInput {
  env: NodeJS.ProcessEnv;
  directory: string;
  /** Whether to create a new first key before the rotation. */
  makesKey: boolean;
  say: (line: string) => void;
}

type RotateCtx = { config: Config; db: Db };

/** Throws a StartProblem if there is no stack, if it is running (it would continue with its old keys), or if a key is not valid. */
export async function rotateLocalCredentials({ env, directory, makesKey, say }: RotateInput): Promise<void> {
  if (!existsSync(join(directory, 'secrets.json'))) {
    throw new StartProblem(`There is no local stack in ${directory}; npm start creates one.`);
  }
  await takeOver(directory, say);
  if (makesKey) {
    if (env.CREDENTIAL_KEYS)
      throw new StartProblem('CREDENTIAL_KEYS is set. Add the new key to it as the first one.');
    say(`Created the key ${addCredentialKey(directory)} as the first key.`);
  }
  const { db, close } = await openLocalDatabase(directory);
  try {
    await rotateAll({ config: configOf(env, directory), db }, say);
  } finally {
    await close();
  }
}

function configOf(env: NodeJS.ProcessEnv, directory: string): Config {
  const secrets = loadSecrets(directory);
  return parseConfig(workerBindings({ env, secrets, port: 1, downloaderUrl: 'http://127.0.0.1:1' }));
}

async function rotateAll(ctx: RotateCtx, say: (line: string) => void): Promise<void> {
  const destinations = await rotateTable(ctx, rotateBatch);
  const endpoints = await rotateTable(ctx, rotateSecretsBatch);
  say(
    `Encrypted the credentials of ${destinations.rotated} destinations and the secrets of ${endpoints.rotated} webhooks again. ` +
      'All that are readable now use the first key.',
  );
  const buckets = [...destinations.damaged, ...(await findUnreadable(ctx))];
  const webhooks = [...endpoints.damaged, ...(await findUnreadableSecrets(ctx))];
  if (buckets.length > 0)
    say(
      `These destinations are not readable with the keys; save their credentials again: ${buckets.join(', ')}.`,
    );
  if (webhooks.length > 0)
    say(`These webhooks are not readable with the keys; rotate their secrets: ${webhooks.join(', ')}.`);
  if (buckets.length + webhooks.length === 0) say('The other keys are no longer needed.');
}

async function rotateTable(
  ctx: RotateCtx,
  rotate: RotateBatch,
): Promise<{ rotated: number; damaged: string[] }> {
  let rotated = 0;
  const damaged: string[] = [];
  let next: string | null = null;
  do {
    const batch = await rotate(ctx, next);
    rotated += batch.rotated;
    damaged.push(...batch.damaged);
    next = batch.next;
  } while (next !== null);
  return { rotated, damaged };
}
