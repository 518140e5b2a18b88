/** What a deployment already has in the account. */
import { z } from 'zod';
import type { Cloudflare } from './cloudflare.ts';
import { databaseName, type Names } from './names.ts';

export interface FoundQueue {
  name: string;
  /** Names of the Workers that read it. */
  consumers: string[];
}

/** A database beside the first one. Its id is null until it is created. */
export interface FoundDatabase {
  number: number;
  name: string;
  databaseId: string | null;
  /** Names of the files that are applied. */
  migrations: string[];
}

export interface Survey {
  /** Host of the account's workers.dev; null when none is registered. */
  workersDev: string | null;
  databaseId: string | null;
  /** `DB_1` and so on, as far as they exist. */
  moreDatabases: FoundDatabase[];
  hasBucket: boolean;
  doorbell: FoundQueue | null;
  webhooks: FoundQueue | null;
  deadLetters: FoundQueue | null;
  hasWorker: boolean;
  /** Names of the secrets that the Worker has. */
  secrets: string[];
  /** Tag of the version that serves now. */
  versionTag: string | null;
  applicationId: string | null;
  pageApplicationId: string | null;
  /** Names of the files that are applied. */
  migrations: string[];
  /** Whether there are workspaces, so that something would be lost with the keys. */
  hasData: boolean;
}

/** Asks for everything by name. */
export async function survey(api: Cloudflare, names: Names): Promise<Survey> {
  const [
    workersDev,
    databaseId,
    bucket,
    doorbell,
    webhooks,
    deadLetters,
    secrets,
    versionTag,
    applicationId,
    pageApplicationId,
    moreDatabases,
  ] = await Promise.all([
    findWorkersDev(api),
    findDatabase(api, names.database),
    api.get(`/r2/buckets/${names.bucket}`, z.object({ name: z.string() })),
    findQueue(api, names.doorbell),
    findQueue(api, names.webhooks),
    findQueue(api, names.deadLetters),
    api.get(`/workers/scripts/${names.worker}/secrets`, z.array(z.object({ name: z.string() }))),
    findVersionTag(api, names.worker),
    findApplication(api, names.downloader),
    findApplication(api, names.pageDownloader),
    findMoreDatabases(api, names),
  ]);
  return {
    workersDev,
    databaseId,
    moreDatabases,
    hasBucket: bucket !== null,
    doorbell,
    webhooks,
    deadLetters,
    hasWorker: secrets !== null,
    secrets: secrets?.map(({ name }) => name) ?? [],
    versionTag,
    applicationId,
    pageApplicationId,
    ...(databaseId === null ? { migrations: [], hasData: false } : await lookInside(api, databaseId)),
  };
}

async function findWorkersDev(api: Cloudflare): Promise<string | null> {
  const found = await api.get('/workers/subdomain', z.object({ subdomain: z.string() }));
  return found && `${found.subdomain}.workers.dev`;
}

/** The id of the database with this name. */
export async function findDatabase(api: Cloudflare, name: string): Promise<string | null> {
  const row = z.object({ uuid: z.string(), name: z.string() });
  const found = await api.get(`/d1/database?name=${encodeURIComponent(name)}`, z.array(row));
  return found?.find((database) => database.name === name)?.uuid ?? null;
}

/** They are created in their order, so the first one that is missing is the end. */
async function findMoreDatabases(api: Cloudflare, names: Names): Promise<FoundDatabase[]> {
  const found: FoundDatabase[] = [];
  for (let number = 1; ; number += 1) {
    const name = databaseName(names, number);
    const databaseId = await findDatabase(api, name);
    if (databaseId === null) return found;
    const { migrations } = await lookInside(api, databaseId);
    found.push({ number, name, databaseId, migrations });
  }
}

async function findQueue(api: Cloudflare, name: string): Promise<FoundQueue | null> {
  const consumer = z.object({
    type: z.string(),
    script: z.string().optional(),
    service: z.string().optional(),
  });
  const row = z.object({ queue_name: z.string(), consumers: z.array(consumer) });
  const all = await api.get(`/queues?page=1&name=${encodeURIComponent(name)}`, z.array(row));
  const found = all?.find((queue) => queue.queue_name === name);
  if (found === undefined) return null;
  return { name, consumers: found.consumers.flatMap(({ script, service }) => script ?? service ?? []) };
}

/** The Worker that a custom domain leads to; null: none. */
export async function findDomainOwner(api: Cloudflare, hostname: string): Promise<string | null> {
  const row = z.object({ hostname: z.string(), service: z.string() });
  const all = await api.get(`/workers/domains?hostname=${encodeURIComponent(hostname)}`, z.array(row));
  return all?.find((domain) => domain.hostname === hostname)?.service ?? null;
}

async function findVersionTag(api: Cloudflare, worker: string): Promise<string | null> {
  const deployment = z.object({ versions: z.array(z.object({ version_id: z.string() })) });
  const found = await api.get(
    `/workers/scripts/${worker}/deployments`,
    z.object({ deployments: z.array(deployment) }),
  );
  const [version] = found?.deployments[0]?.versions ?? [];
  if (version === undefined) return null;
  const annotated = z.object({ annotations: z.record(z.string(), z.unknown()).optional() });
  const details = await api.get(`/workers/scripts/${worker}/versions/${version.version_id}`, annotated);
  const tag = details?.annotations?.['workers/tag'];
  return typeof tag === 'string' ? tag : null;
}

async function findApplication(api: Cloudflare, name: string): Promise<string | null> {
  const row = z.object({ id: z.string(), name: z.string() });
  const found = await api.get(`/containers/applications?name=${encodeURIComponent(name)}`, z.array(row));
  return found?.find((application) => application.name === name)?.id ?? null;
}

/** A database without tables is one of a deployment that ended before its migrations. */
async function lookInside(
  api: Cloudflare,
  databaseId: string,
): Promise<{ migrations: string[]; hasData: boolean }> {
  const named = z.object({ name: z.string() });
  const tables = await api.select(
    databaseId,
    "SELECT name FROM sqlite_master WHERE type = 'table'",
    [],
    named,
  );
  const has = (table: string) => tables.some(({ name }) => name === table);
  const migrations = has('d1_migrations')
    ? await api.select(databaseId, 'SELECT name FROM d1_migrations ORDER BY id', [], named)
    : [];
  const workspaces = has('workspaces')
    ? await api.select(databaseId, 'SELECT name FROM workspaces LIMIT 1', [], named)
    : [];
  return { migrations: migrations.map(({ name }) => name), hasData: workspaces.length > 0 };
}
