/** Checks of what is stored, in service storage and in the bucket. */
import { createHash } from 'node:crypto';
import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { d1, storedBytes, storedKeys, type Row } from '../../support/stack/local-state.ts';
import type { World } from '../world.ts';
import type { Run } from './check.ts';

/** Stored files of completed jobs. */
const STORED = `SELECT p.key, p.destination_id AS destination, a.size_bytes AS size, a.sha256, j.id AS job, j.kind,
    coalesce(of_import.request, j.request) ->> 'url' AS url
  FROM placements AS p JOIN artifacts AS a ON a.id = p.artifact_id JOIN jobs AS j ON j.id = p.job_id
  LEFT JOIN jobs AS of_import ON of_import.id = j.store_of
  WHERE p.status = 'stored' AND j.status = 'completed' AND p.attempt = j.attempt`;

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const bucketOf = ({ storage }: World) => join(storage.dataDirectory, storage.bucket);

/** Each completed job that stores something has an object with the bytes of its source. */
export function filesAreWhole({ world }: Run): string[] {
  const rows = d1(world.stateDirectory, STORED);
  const jobs = new Set(rows.map((row) => row['job']));
  const sql = `SELECT id FROM jobs WHERE status = 'completed' AND kind IN ('import', 'store')`;
  const without = d1(world.stateDirectory, sql).filter(({ id }) => !jobs.has(id));
  return [
    ...without.map(({ id }) => `the completed job ${String(id)} has no file`),
    ...rows.flatMap((row) => wrongFile(world, row)),
  ];
}

function wrongFile(world: World, { key, destination, size, sha256: digest, job, url }: Row): string[] {
  const name = `${String(key)} of job ${String(job)}`;
  let bytes: Buffer;
  try {
    bytes =
      destination === null
        ? storedBytes(world.stateDirectory, String(key))
        : readFileSync(join(bucketOf(world), String(key)));
  } catch {
    return [`${name} does not exist`];
  }
  const found = sha256(bytes);
  const source = world.sites.digestOf(String(url));
  if (bytes.length !== size || (digest !== null && digest !== found))
    return [`${name} is not what its job says`];
  return source !== null && source !== found ? [`${name} is not its source`] : [];
}

/** Every object belongs to a completed job, in both storages. */
export function noOrphans({ world }: Run): string[] {
  const rows = d1(world.stateDirectory, STORED);
  const owned = (isService: boolean) =>
    new Set(
      rows.filter((row) => (row['destination'] === null) === isService).map((row) => String(row['key'])),
    );
  const [inService, inBucket] = [owned(true), owned(false)];
  return [
    ...storedKeys(world.stateDirectory)
      .filter((key) => !inService.has(key))
      .map((key) => `service storage has ${key}`),
    ...objectsIn(world)
      .filter((key) => !inBucket.has(key))
      .map((key) => `the bucket has ${key}`),
  ];
}

/** Keys of the objects in the bucket: files that are not the server's own. */
function objectsIn(world: World): string[] {
  const bucket = bucketOf(world);
  return globSync('**/*', { cwd: bucket, exclude: (name) => name.startsWith('.sgwtmp') }).filter((name) =>
    statSync(join(bucket, name)).isFile(),
  );
}
