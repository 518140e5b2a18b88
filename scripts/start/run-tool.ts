/** Runs a tool of node_modules with the project's Node, in the foreground. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { NODE, ROOT } from './paths.ts';

/** `entry` is a file under node_modules. Answers the exit code; 1 when a signal ended it. */
export async function runTool(
  entry: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<number> {
  const child = spawn(NODE, [join(ROOT, 'node_modules', entry), ...args], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}
