/** Runs the project's wrangler. Everything that changes an account goes through here. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { cacheDirectory, NODE, ROOT } from '../lib/paths.ts';
import { StartProblem } from '../lib/problem.ts';

export interface WranglerAnswer {
  stdout: string;
  /** Both streams as a person would have seen them. */
  output: string;
}

export type Wrangler = (...args: string[]) => Promise<WranglerAnswer>;

/** Wrangler in this environment; a call throws a StartProblem with its message when it fails. */
export function wranglerIn(env: NodeJS.ProcessEnv): Wrangler {
  // A deployment starts wrangler several times: compiled once, each start takes about half as long.
  const compileCache = join(cacheDirectory(env), 'compile-cache');
  return async (...args) => {
    const child = spawn(NODE, [join(ROOT, 'node_modules/wrangler/bin/wrangler.js'), ...args], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        NODE_COMPILE_CACHE: compileCache,
        ...env,
        WRANGLER_SEND_METRICS: 'false',
        WRANGLER_HIDE_BANNER: 'true',
      },
    });
    let stdout = '';
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const [code] = (await once(child, 'close')) as [number | null];
    if (code === 0) return { stdout, output };
    throw new StartProblem(`wrangler ${args.slice(0, 2).join(' ')} failed: ${reasonIn(output)}`);
  };
}

/** The lines from wrangler's error on, without its advice to report a bug and the place of its log. */
export function reasonIn(output: string): string {
  const lines = stripVTControlCharacters(output)
    .split('\n')
    .map((line) => line.trim());
  const start = lines.findIndex((line) => line.includes('[ERROR]'));
  const kept = (start === -1 ? lines : lines.slice(start)).filter(
    (line) => line !== '' && !line.startsWith('🪵') && !line.startsWith('If you think this is a bug'),
  );
  return kept.join('\n').replace(/^.*\[ERROR\]\s*/, '') || 'it said nothing';
}
