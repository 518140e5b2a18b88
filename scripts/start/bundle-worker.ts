/** The Worker as one module, built as wrangler builds it. */
import { build, stop } from 'esbuild';
import { join } from 'node:path';
import { ROOT } from '../lib/paths.ts';
import { StartProblem } from '../lib/problem.ts';

/** Bundles worker/index.ts in memory. Throws a StartProblem when it cannot be built: esbuild has printed why and where. */
export async function bundleWorker(define: Record<string, string>): Promise<string> {
  const result = await buildOnce(define).catch(() => {
    throw new StartProblem('The Worker cannot be built; the reasons are above.');
  });
  // The service that esbuild leaves running is a process of its own.
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
    // Outbound handlers of containers are found by the name of their class.
    keepNames: true,
    define,
    sourcemap: 'inline',
    sourcesContent: false,
  });
}
