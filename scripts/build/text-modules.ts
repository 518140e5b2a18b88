/** Files that the Worker imports as text. wrangler.toml lists them for deployments; this module does the same for esbuild and vitest. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Plugin } from 'esbuild';
import { ROOT } from '../lib/paths.ts';

/** The ends of their names. A test compares them with the rule in wrangler.toml. */
export const TEXT_ENDINGS = ['.css', '.md', '.client.js', '/htmx.min.js'];

const packages = createRequire(join(ROOT, 'package.json'));

const isText = (specifier: string): boolean => TEXT_ENDINGS.some((ending) => specifier.endsWith(ending));

function pathOf(specifier: string, importer: string): string {
  return specifier.startsWith('.') ? join(dirname(importer), specifier) : packages.resolve(specifier);
}

async function asModule(path: string): Promise<string> {
  return `export default ${JSON.stringify(await readFile(path, 'utf8'))};`;
}

/** For esbuild. */
export function textModulesInEsbuild(): Plugin {
  const namespace = 'text-module';
  return {
    name: namespace,
    setup: (build) => {
      build.onResolve({ filter: /./ }, ({ path, importer }) =>
        isText(path) ? { path: pathOf(path, importer), namespace } : null,
      );
      build.onLoad({ filter: /./, namespace }, async ({ path }) => ({ contents: await asModule(path) }));
    },
  };
}

/** For Vite. The module has another name than its file, since Vite would treat a style sheet as one. */
export function textModulesInVite() {
  const [start, end] = ['\0text:', '.text.mjs'];
  return {
    name: 'text-modules',
    enforce: 'pre' as const,
    resolveId: (specifier: string, importer: string | undefined) =>
      importer !== undefined && isText(specifier) ? `${start}${pathOf(specifier, importer)}${end}` : null,
    load: (id: string) => (id.startsWith(start) ? asModule(id.slice(start.length, -end.length)) : null),
  };
}
