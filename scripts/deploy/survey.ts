/** What a deployment already has in the account. */
import { z } from 'zod';
import type { Cloudflare } from './cloudflare.ts';
import type { Names } from './names.ts';

export interface Survey {
  /** Host of the account's workers.dev; null when none is registered. */
  workersDev: string | null;
  databaseId: string | null;
  hasBucket: boolean;
  hasDoorbell: boolean;
  hasDeadLetters: boolean;
  hasWorker: boolean;
  /** Names of the secrets that the Worker has. */
  secrets: string[];
  /** Tag of the version that serves now. */
  versionTag: string | null;
  applicationId: string | null;
  /** Whether there are workspaces, so that something would be lost with the keys. */
  hasData: boolean;
}

/** Asks for everything by name. */
export async function survey(api: Cloudflare, names: Names): Promise<Survey> {
  const [workersDev, databaseId, bucket, doorbell, deadLetters, secrets, versionTag, applicationId] =
    await Promise.all([
      findWorkersDev(api),
      findDatabase(api, names.database),
      api.get(`/r2/buckets/${names.bucket}`, z.object({ name: z.string() })),
      hasQueue(api, names.doorbell),
      hasQueue(api, names.deadLetters),
      api.get(`/workers/scripts/${names.worker}/secrets`, z.array(z.object({ name: z.string() }))),
      findVersionTag(api, names.worker),
      findApplication(api, names.downloader),
    ]);
  return {
    workersDev,
    databaseId,
    hasBucket: bucket !== null,
    hasDoorbell: doorbell,
    hasDeadLetters: deadLetters,
    hasWorker: secrets !== null,
    secrets: secrets?.map(({ name }) => name) ?? [],
    versionTag,
    applicationId,
    hasData: databaseId !== null && (await hasWorkspaces(api, databaseId)),
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

async function hasQueue(api: Cloudflare, name: string): Promise<boolean> {
  const row = z.object({ queue_name: z.string() });
  const found = await api.get(`/queues?page=1&name=${encodeURIComponent(name)}`, z.array(row));
  return found?.some((queue) => queue.queue_name === name) ?? false;
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

/** False as well for a database without tables: a deployment that ended before its migrations. */
async function hasWorkspaces(api: Cloudflare, databaseId: string): Promise<boolean> {
  const count = z.object({ n: z.number() });
  const tables = "SELECT count(*) AS n FROM sqlite_master WHERE type = 'table' AND name = 'workspaces'";
  const [table] = await api.select(databaseId, tables, [], count);
  if (!table?.n) return false;
  const [rows] = await api.select(databaseId, 'SELECT count(*) AS n FROM workspaces', [], count);
  return (rows?.n ?? 0) > 0;
}
