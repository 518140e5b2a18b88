/** Runs a program of this repository with the project's Node, in the foreground. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { NODE, ROOT } from './paths.ts';

/** `file` is a path from the root. Answers the exit code; 1 when a signal ended it. */
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
