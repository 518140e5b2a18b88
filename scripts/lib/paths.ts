/** Where things are on this machine. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../..');

/** Data, secrets and notes of one local stack; IMPORTLY_STATE_DIR puts a second stack beside the first. */
export function stateDirectory(env: NodeJS.ProcessEnv): string {
  return resolve(ROOT, env.IMPORTLY_STATE_DIR ?? '.importly');
}

/** Tools that all stacks of this user share: yt-dlp, ffmpeg, the S3 server of the tests. */
export function cacheDirectory(env: NodeJS.ProcessEnv): string {
  return join(env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'importly-open');
}

/** The Node that runs this script: 24, from the project's packages. */
export const NODE = process.execPath;
