/** Whether anything has changed since the last upload: a digest over all that an upload is made of. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ROOT } from '../lib/paths.ts';

/** What the Worker and the image are built from. */
export const SOURCES = [
  'worker',
  'downloader',
  'scripts/build',
  'scripts/tools/ffmpeg-requirements.txt',
  'package.json',
  'package-lock.json',
  '.dockerignore',
];

/** 32 hex digits over sources and configuration. */
export function fingerprintOf(configuration: object): string {
  const digest = createHash('sha256').update(JSON.stringify(configuration));
  for (const path of SOURCES.flatMap((source) => filesBelow(join(ROOT, source)))) {
    digest.update(`\0${relative(ROOT, path)}\0`).update(readFileSync(path));
  }
  return digest.digest('hex').slice(0, 32);
}

function filesBelow(path: string): string[] {
  const entries = readdirOrNull(path);
  if (entries === null) return [path];
  return entries.sort().flatMap((name) => filesBelow(join(path, name)));
}

function readdirOrNull(path: string): string[] | null {
  try {
    return readdirSync(path);
  } catch {
    return null; // A file.
  }
}
