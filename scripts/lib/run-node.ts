/** Runs a program of this repository in the foreground, with the project's Node. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { NODE, ROOT } from './paths.ts';

/** `file` is a path from the root. Returns the exit code, or 1 if a signal ended the program. */
export async function runNode(
  file: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<number> {
  const child = spawn(NODE, [join(ROOT, file), ...args], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}
