/** The steps of a deployment, each of which may be repeated: what is there already is left as it is. */
import { z } from 'zod';
import { StartProblem } from '../lib/problem.ts';
import { writePrivate } from '../lib/private-file.ts';
import { join } from 'node:path';
import { rmSync } from 'node:fs';
import { bindingOf, deployedVars, makeConfiguration, slotsOf } from './configuration.ts';
import { listMigrations } from '../lib/migrate.ts';
import type { Deployment } from './deployment.ts';
import { fingerprintOf } from './fingerprint.ts';
import { ensureFirstKey } from './first-key.ts';
import { makeFirstOwnerLink } from './first-owner.ts';
import { databaseName } from './names.ts';
import { findDatabase, type FoundDatabase } from './survey.ts';

export interface Step {
  /** What it is about. */
  subject: string;
  /** What it will do, for the plan; null: nothing, since it is there. */
  plan: string | null;
  /** Does it and answers what it did. */
  run: () => Promise<string>;
}

/** All steps in their order. The plan is made of what the survey found. */
export function stepsOf(deployment: Deployment): Step[] {
  const { names, found, wrangler } = deployment;
  const created = (subject: string, exists: boolean, ...args: string[]): Step => ({
    subject,
    plan: exists ? null : 'create it',
    run: async () => {
      if (exists) return 'is there';
      await wrangler(...args);
      return 'created';
    },
  });
  const databases = moreDatabases(deployment);
  const { database, bucket, doorbell, webhooks, deadLetters } = names;
  return [
    created(
      `D1 database ${database}`,
      found.databaseId !== null,
      'd1',
      'create',
      database,
      '--update-config=false',
    ),
    ...databases.map(({ name, databaseId }) =>
      created(`D1 database ${name}`, databaseId !== null, 'd1', 'create', name, '--update-config=false'),
    ),
    created(
      `R2 bucket ${bucket}`,
      found.hasBucket,
      'r2',
      'bucket',
      'create',
      bucket,
      '--update-config=false',
    ),
    created(`queue ${doorbell}`, found.doorbell !== null, 'queues', 'create', doorbell),
    created(`queue ${webhooks}`, found.webhooks !== null, 'queues', 'create', webhooks),
    created(`queue ${deadLetters}`, found.deadLetters !== null, 'queues', 'create', deadLetters),
    configure(deployment, databases),
    migrate(deployment, { binding: bindingOf(0), subject: 'migrations', applied: found.migrations }),
    ...databases.map(({ number, name, migrations }) =>
      migrate(deployment, {
        binding: bindingOf(number),
        subject: `migrations of ${name}`,
        applied: migrations,
      }),
    ),
    upload(deployment, databases),
    ...removePageContainer(deployment),
    makeKey(deployment),
    inviteOwner(deployment),
  ];
}

/** The databases beside the first one, with those that are still to be created. */
function moreDatabases({ names, found, settings }: Deployment): FoundDatabase[] {
  return Array.from({ length: settings.databases - 1 }, (_, index) => {
    const number = index + 1;
    const missing = { number, name: databaseName(names, number), databaseId: null, migrations: [] };
    return found.moreDatabases[index] ?? missing;
  });
}

function configure(deployment: Deployment, databases: FoundDatabase[]): Step {
  const { record } = deployment;
  return {
    subject: 'configuration',
    plan: `write ${record.configPath}`,
    run: async () => {
      const databaseId =
        deployment.found.databaseId ?? (await findDatabase(deployment.api, deployment.names.database));
      if (databaseId === null)
        throw new StartProblem('Cloudflare does not list the database that was just created.');
      deployment.found.databaseId = databaseId;
      for (const more of databases) more.databaseId ??= await findDatabase(deployment.api, more.name);
      const configuration = configurationOf(deployment, databases);
      writePrivate(record.configPath, `${JSON.stringify(configuration, null, 2)}\n`);
      return `written to ${record.configPath}`;
    },
  };
}

function configurationOf(deployment: Deployment, databases: FoundDatabase[]): object {
  const { committed, names, settings, accountId, publicUrl, record, found } = deployment;
  return makeConfiguration({
    committed,
    names,
    settings,
    accountId,
    databaseId: found.databaseId ?? '',
    moreDatabases: databases.map(({ name, databaseId }) => {
      if (databaseId !== null) return { name, databaseId };
      throw new StartProblem(`Cloudflare does not list the database ${name}, which was just created.`);
    }),
    publicUrl,
    path: record.configPath,
  });
}

function migrate(
  { wrangler, record }: Deployment,
  { binding, subject, applied }: { binding: string; subject: string; applied: string[] },
): Step {
  const missing = listMigrations().filter((name) => !applied.includes(name));
  return {
    subject,
    plan: missing.length === 0 ? null : `apply ${missing.join(', ')}`,
    run: async () => {
      if (missing.length === 0) return 'are applied';
      await wrangler('d1', 'migrations', 'apply', binding, '--remote', '--config', record.configPath);
      return `applied ${missing.join(', ')}`;
    },
  };
}

/** Worker, secrets, triggers and container in one call of wrangler. */
function upload(deployment: Deployment, databases: FoundDatabase[]): Step {
  const { names, record, found, secrets, settings } = deployment;
  const added = Object.keys(secrets);
  const parts = [`upload it for ${deployment.publicUrl}`];
  if (added.length > 0) parts.push(`with the new secrets ${added.join(', ')}`);
  if (settings.downloaderUrl === null) parts.push(`and the container ${names.downloader}`);
  if (hasPageSlots(deployment)) parts.push(`and the container ${names.pageDownloader}`);
  return {
    subject: `Worker ${names.worker}`,
    plan: parts.join(' '),
    run: async () => {
      const fingerprint = fingerprintOf(configurationOf(deployment, databases));
      const isSame = record.readFinished() === fingerprint && found.versionTag === fingerprint;
      if (isSame && added.length === 0 && !deployment.force) return 'unchanged since the last upload';
      record.writeFinished(null);
      await uploadWith(deployment, fingerprint);
      record.writeFinished(fingerprint);
      return added.length === 0 ? 'uploaded' : `uploaded, with the new secrets ${added.join(', ')}`;
    },
  };
}

function hasPageSlots(deployment: Deployment): boolean {
  return deployment.settings.downloaderUrl === null && slotsOf(deployedVars(deployment), 'PAGE_SLOTS') > 0;
}

/** Without PAGE_SLOTS, the container that an earlier run made for them: its jobs return to the queue. */
function removePageContainer(deployment: Deployment): Step[] {
  const { names, found, wrangler } = deployment;
  const { pageApplicationId: id } = found;
  if (id === null || hasPageSlots(deployment)) return [];
  const run = async () => {
    await wrangler('containers', 'delete', id);
    return 'removed';
  };
  return [{ subject: `container ${names.pageDownloader}`, plan: 'remove it, since PAGE_SLOTS is 0', run }];
}

async function uploadWith({ record, secrets, wrangler }: Deployment, fingerprint: string): Promise<void> {
  // Kept before they are sent, so that a second run sends the same ones.
  if (Object.keys(secrets).length > 0) record.writeSecrets({ ...record.readSecrets(), ...secrets });
  const secretsPath = join(record.directory, 'upload-secrets.json');
  writePrivate(secretsPath, JSON.stringify(secrets));
  try {
    await wrangler(
      'deploy',
      '--config',
      record.configPath,
      '--secrets-file',
      secretsPath,
      '--tag',
      fingerprint,
    );
  } finally {
    rmSync(secretsPath, { force: true });
  }
}

function makeKey(deployment: Deployment): Step {
  return {
    subject: 'first workspace and API key',
    plan: 'make them where there are none',
    run: async () => {
      const databaseId = z.string().parse(deployment.found.databaseId);
      const { apiKey, made } = await ensureFirstKey({ ...deployment, databaseId });
      deployment.apiKey = apiKey;
      if (made) return 'made';
      return apiKey === null ? 'others have keys; --new-key makes one' : 'are there';
    },
  };
}

function inviteOwner(deployment: Deployment): Step {
  return {
    subject: 'link for the first owner',
    plan: 'make one while there is no owner',
    run: async () => {
      const databaseId = z.string().parse(deployment.found.databaseId);
      const path = await makeFirstOwnerLink({ ...deployment, databaseId });
      deployment.dashboardPath = path ?? '/dashboard';
      return path === null ? 'there is an owner' : 'made';
    },
  };
}
