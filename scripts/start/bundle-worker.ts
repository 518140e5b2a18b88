/** Bundles the Worker into one module, with the same options as wrangler. */
import { build, stop } from 'esbuild';
import { join } from 'node:path';
import { textModulesInEsbuild } from '../build/text-modules.ts';
import { ROOT } from '../lib/paths.ts';
import { StartProblem } from '../lib/problem.ts';

/** Bundles worker/index.ts in memory. Throws a StartProblem if esbuild fails, after it has printed the reasons. */
export async function bundleWorker(define: Record<string, string>): Promise<string> {
  const result = await buildOnce(define).catch(() => {
    throw new StartProblem('The Worker cannot be built; the reasons are above.');
  });
  // esbuild leaves a service process running.
  await stop();
  const [file] = result.outputFiles;
  if (file === undefined) throw new Error('esbuild wrote no module');
  return file.text;
}

function buildOnce(define: Record<string, string>) {
  return build({
    entryPoints: [join(ROOT, 'worker', 'index.ts')],
    bundle: true,
    write: false,
    logLevel: 'warning',
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    // The platform finds outbound handlers of containers by the name of their class.
    keepNames: true,
    define,
    plugins: [textModulesInEsbuild()],
    sourcemap: 'inline',
    sourcesContent: false,
  });
}
