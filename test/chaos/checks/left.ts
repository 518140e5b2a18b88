/** Checks that nothing of a job is left: uploads, rows that wait, folders and processes. */
import { existsSync, readdirSync } from 'node:fs';
import { listProcesses } from '../../../scripts/lib/processes.ts';
import { d1, unfinishedUploads, type OpenUpload } from '../../support/stack/local-state.ts';
import { signedFetch } from '../../support/s3-servers/versitygw.ts';
import { unfinished } from '../rest.ts';
import type { World } from '../world.ts';
import type { Finding, Run } from './check.ts';

/**
 * Uploads that the service knows. It cannot know one that it had begun when it died, before it wrote that down: the rule of the
 * storage for unfinished uploads removes it.
 */
export async function leftUploads({ world }: Run): Promise<string[]> {
  const sql = 'SELECT upload_id FROM placements WHERE upload_id IS NOT NULL';
  const known = new Set(d1(world.stateDirectory, sql).map((row) => String(row['upload_id'])));
  return (await openUploads(world))
    .filter(({ uploadId }) => known.has(uploadId))
    .map(({ key }) => `an upload of ${key}`);
}

/** All unfinished uploads in both storages. */
export async function openUploads({ stateDirectory, storage }: World): Promise<OpenUpload[]> {
  const answer = await signedFetch(storage, 'GET', `/${storage.bucket}?uploads=`);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`the bucket does not list its uploads: ${text}`);
  const inBucket = [...text.matchAll(/<Key>([^<]*)<\/Key>.*?<UploadId>([^<]*)<\/UploadId>/gs)];
  return [
    ...unfinishedUploads(stateDirectory),
    ...inBucket.map(([, key = '', uploadId = '']) => ({ key, uploadId })),
  ];
}

export function leftRows({ world }: Run): string[] {
  return unfinished(world);
}

export function leftFolders({ world: { downloaders } }: Run): string[] {
  return downloaders.flatMap(({ workDirectory }) =>
    existsSync(workDirectory) ? readdirSync(workDirectory) : [],
  );
}

/** Programs that a job started, also those whose downloader was killed: they name its folder. */
export function leftChildren({ world }: Run): string[] {
  const orphans = listProcesses().filter(
    ({ command }) => command.includes('importly-job-') && command.includes(world.stateDirectory),
  );
  return [...world.downloaders.flatMap((one) => one.children()), ...orphans.map(({ command }) => command)];
}

/** Processes that are left after everything was ended. */
export function leftProcesses({ stateDirectory }: World): Finding[] {
  return listProcesses()
    .filter(({ command }) => command.includes(stateDirectory))
    .map(({ pid, command }) => ({
      check: 'no process after the end',
      problem: `${pid} ${command.slice(0, 120)}`,
    }));
}

/** A downloader that ended although nobody had killed it. */
export function ownCrashes({ world }: Run): string[] {
  return world.downloaders.flatMap(({ crashes }) => crashes);
}
