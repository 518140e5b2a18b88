/** Finds versitygw, a real S3 server, or builds it once into the user's cache. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findGo } from './find-go.ts';

const run = promisify(execFile);
const VERSION = 'v1.8.0';
const MODULE = `github.com/versity/versitygw/cmd/versitygw@${VERSION}`;
/** The first build takes about two minutes on two cores. */
const BUILD_TIMEOUT_MS = 600_000;

/** Returns the path of the binary and builds it if needed. Null if it is not available; with `CI=true` this throws instead. */
export async function findVersitygw(): Promise<string | null> {
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'importly-open');
  const binary = join(cache, `versitygw-${VERSION}`, 'versitygw');
  if (existsSync(binary)) return binary;
  try {
    await mkdir(cache, { recursive: true });
    await build(cache, join(cache, `versitygw-${VERSION}`));
    return binary;
  } catch (error) {
    if (process.env['CI'] === 'true') throw error;
    console.warn(
      `versitygw cannot be installed, tests against a real S3 server are skipped: ${String(error)}`,
    );
    return null;
  }
}

/** Builds beside the target and renames, so that concurrent or killed builds leave nothing incomplete. */
async function build(cache: string, target: string): Promise<void> {
  const work = await mkdtemp(join(cache, 'build-'));
  try {
    const go = await findGo(work);
    const environment = { ...process.env, CGO_ENABLED: '0', GOBIN: join(work, 'bin'), GOFLAGS: '' };
    const options = { env: environment, timeout: BUILD_TIMEOUT_MS };
    await run(go, ['install', '-trimpath', '-ldflags=-s -w', MODULE], options);
    await rename(join(work, 'bin'), target).catch(async (error: unknown) => {
      if (!existsSync(join(target, 'versitygw'))) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
