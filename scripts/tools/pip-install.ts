/** Installs a pinned, hash-checked requirements file with pip into a private folder. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Commands for the Python interpreter, the most likely first. */
const CANDIDATES = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python'];

const DESCRIBE = [
  'import sys, sysconfig, importlib.util as u',
  'print(sys.executable)',
  'print("%d.%d" % sys.version_info[:2], sysconfig.get_platform(), int(u.find_spec("pip") is not None))',
].join('\n');

export interface Python {
  executable: string;
  /** Version and platform. Native packages are valid for one of each. */
  tag: string;
  hasPip: boolean;
}

/** Returns the first interpreter that is 3.11 or newer, preferably one with pip, or null. */
export async function findPython(): Promise<Python | null> {
  const found: Python[] = [];
  for (const command of CANDIDATES) {
    const python = await describe(command);
    if (python?.hasPip) return python;
    if (python) found.push(python);
  }
  return found[0] ?? null;
}

async function describe(command: string): Promise<Python | null> {
  try {
    const { stdout } = await run(command, ['-I', '-c', DESCRIBE], { timeout: 30_000 });
    const [executable = '', facts = ''] = stdout.split('\n');
    const [version = '', platform = '', hasPip] = facts.split(' ');
    const [major = 0, minor = 0] = version.split('.').map(Number);
    if (major < 3 || (major === 3 && minor < 11)) return null;
    return { executable, tag: `${version}-${platform}`, hasPip: hasPip === '1' };
  } catch {
    return null;
  }
}

export interface PipInstall {
  python: Python;
  requirementsFile: string;
  cacheDirectory: string;
  name: string;
  log: (line: string) => void;
}

/**
 * Returns a folder with exactly the pinned packages. Its name contains the hash of the requirements file, and one rename
 * creates it, so it is complete if it exists. Throws an Error with pip's last line if pip fails (a wrong hash, no network).
 */
export async function pipInstall(install: PipInstall): Promise<string> {
  const digest = createHash('sha256')
    .update(await readFile(install.requirementsFile))
    .digest('hex');
  const target = join(install.cacheDirectory, `${install.name}-${install.python.tag}-${digest.slice(0, 16)}`);
  if (await exists(target)) return target;
  install.log(`Installing ${install.name} into ${target}`);
  await mkdir(install.cacheDirectory, { recursive: true });
  const fresh = `${target}.${process.pid}.part`;
  try {
    await run(install.python.executable, pipArguments(install.requirementsFile, fresh), { timeout: 600_000 });
    await rename(fresh, target);
  } catch (error) {
    // Another start may have created the folder first, with the same content.
    if (!(await exists(target))) throw new Error(lastLine(error), { cause: error });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return target;
}

/** Allows only wheels and pinned packages, and verifies their hashes. */
export function pipArguments(requirementsFile: string, target: string): string[] {
  const flags = ['--require-hashes', '--no-deps', '--only-binary', ':all:'];
  const quiet = ['--quiet', '--no-input', '--disable-pip-version-check', '--no-warn-script-location'];
  return ['-m', 'pip', 'install', ...flags, ...quiet, '--target', target, '--requirement', requirementsFile];
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function lastLine(error: unknown): string {
  const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
  const line = stderr
    .trim()
    .split('\n')
    .findLast((line) => line.startsWith('ERROR'));
  return line?.slice(0, 300) ?? 'pip failed';
}
