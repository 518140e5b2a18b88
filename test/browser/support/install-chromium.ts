/** Finds Chromium, or installs the one of Debian where nobody else uses the machine. */
import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const INSTALL = 'apt-get install --no-install-recommends chromium';
/** It downloads 100 MB. */
const INSTALL_TIMEOUT_MS = 600_000;

/** The path of the program. Null if there is none; with `CI=true` it is installed, and a failure throws. */
export async function findChromium(): Promise<string | null> {
  const found = lookUp();
  if (found !== null) return found;
  if (process.env['CI'] !== 'true') {
    console.warn(`Chromium is missing, tests in a browser are skipped. On Debian: ${INSTALL}`);
    return null;
  }
  await install();
  const installed = lookUp();
  if (installed === null) throw new Error(`Chromium is missing after "${INSTALL}"`);
  return installed;
}

function lookUp(): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const paths = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return paths.find((path) => isExecutable(path)) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function install(): Promise<void> {
  if (process.getuid?.() !== 0)
    throw new Error(`Chromium is missing, and only root can install it: ${INSTALL}`);
  const options = {
    timeout: INSTALL_TIMEOUT_MS,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    maxBuffer: 64 * 1024 * 1024,
  };
  await run('apt-get', ['update', '-qq'], options);
  // The fonts are those that pages look like to most readers.
  await run('apt-get', ['install', '-y', '--no-install-recommends', 'chromium', 'fonts-liberation'], options);
}
