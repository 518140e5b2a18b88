/** Paths on this machine: project, state, cache and Node. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../..');

/** The directory for data, secrets and notes of one local stack. A second stack needs another IMPORTLY_STATE_DIR. */
export function stateDirectory(env: NodeJS.ProcessEnv): string {
  return resolve(ROOT, env.IMPORTLY_STATE_DIR ?? '.importly');
}

/** The directory for tools that all stacks of this user share: yt-dlp, ffmpeg, the S3 servers for tests. */
export function cacheDirectory(env: NodeJS.ProcessEnv): string {
  return join(env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'importly-open');
}

/** The Node that runs this script: version 24 from the project's packages. */
export const NODE = process.execPath;
