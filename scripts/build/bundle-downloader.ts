/**
 * The downloader as plain JavaScript with what it uses of its packages: `npm start` and the container run this. From
 * the sources, Node would load a TypeScript compiler into the process and keep it (measured: idle 115 MiB, so 80; start
 * 0.8 CPU s, so 0.2). `node scripts/build/bundle-downloader.ts <folder>`.
 */
import { build, stop } from 'esbuild';
import { join, resolve } from 'node:path';

const SOURCES = resolve(import.meta.dirname, '../../downloader');

/** Packages that are CommonJS ask for Node's modules by `require`. */
const REQUIRE =
  "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);";

/** Writes the modules into `folder` and returns the path of the one to start. Throws when esbuild refuses: it has printed why and where. */
export async function bundleDownloader(folder: string): Promise<string> {
  try {
    await buildOnce(folder);
  } finally {
    // The service that esbuild leaves running is a process of its own.
    await stop();
  }
  return join(folder, 'main.mjs');
}

function buildOnce(outdir: string) {
  return build({
    // The thread that parses foreign bytes is a module of its own, beside the main one.
    entryPoints: [join(SOURCES, 'main.ts'), join(SOURCES, 'media', 'parser-thread.ts')],
    entryNames: '[name]',
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    logLevel: 'warning',
    platform: 'node',
    format: 'esm',
    target: 'node24',
    banner: { js: REQUIRE },
  });
}

if (import.meta.main) await bundleDownloader(resolve(process.argv[2] ?? 'dist/downloader'));
