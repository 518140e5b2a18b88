/** The house's directions are only worth something when the lint really refuses: a pattern that matches nothing is silent. */
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
let house: string;

// A house of its own with the same rules: the real one is never touched.
beforeAll(async () => {
  house = await mkdtemp(join(tmpdir(), 'lint-house-'));
  await copyFile(join(ROOT, '.oxlintrc.json'), join(house, '.oxlintrc.json'));
});
afterAll(() => rm(house, { recursive: true, force: true }));

/** What the lint says of one file with this content; empty when it has nothing to say. */
async function lint(path: string, content: string): Promise<string[]> {
  const file = join(house, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
  try {
    const stdout = await new Promise<string>((resolve, reject) => {
      const args = [join(ROOT, 'node_modules/oxlint/bin/oxlint'), '--format=json', path];
      execFile(process.execPath, args, { cwd: house }, (error, out) =>
        // Findings are exit code 1 with a report; anything else has none.
        out.startsWith('{') ? resolve(out) : reject(error ?? new Error(out)),
      );
    });
    const report = JSON.parse(stdout) as { diagnostics: { code: string }[]; number_of_files: number };
    expect(report.number_of_files).toBe(1);
    return report.diagnostics.map(({ code }) => code);
  } finally {
    await rm(file);
  }
}

const importing = (specifier: string) =>
  `import { thing } from '${specifier}';\n\nexport const used = thing;\n`;

const FORBIDDEN: [path: string, specifier: string][] = [
  ['worker/contract/probe.ts', 'hono'],
  ['worker/contract/probe.ts', 'drizzle-orm'],
  ['worker/contract/probe.ts', '../db/tables/jobs.ts'],
  ['worker/contract/probe.ts', '../errors.ts'],
  ['worker/contract/probe.ts', 'node:fs'],
  ['worker/contract/probe.ts', 'cloudflare:workers'],
  ['worker/jobs/probe.ts', 'hono'],
  ['worker/jobs/probe.ts', 'hono/http-exception'],
  ['worker/jobs/probe.ts', '@hono/zod-openapi'],
  ['worker/jobs/probe.ts', 'cloudflare:workers'],
  ['worker/jobs/probe.ts', '../routes/import.ts'],
  ['worker/jobs/probe.ts', '../views/import-view.ts'],
  ['worker/jobs/probe.ts', 'drizzle-orm/sqlite-core'],
  ['worker/jobs/probe.ts', 'node:child_process'],
  ['worker/jobs/probe.ts', '../../downloader/job-failure.ts'],
  ['worker/storage/probe.ts', 'drizzle-orm/sqlite-core'],
  ['worker/storage/probe.ts', 'node:fs'],
  ['worker/storage/probe.ts', '../../downloader/job-failure.ts'],
  ['worker/storage/probe.ts', '../routes/import.ts'],
  ['worker/auth/probe.ts', 'node:net'],
  ['worker/auth/probe.ts', 'drizzle-orm/d1'],
  ['worker/routes/probe.ts', 'node:fs/promises'],
  ['worker/routes/probe.ts', 'drizzle-orm/sqlite-core'],
  ['worker/doorbell/probe.ts', 'drizzle-orm/d1'],
  ['worker/container/probe.ts', '../../downloader/main.ts'],
  ['worker/auth/probe.ts', '../app.ts'],
  ['worker/container/probe.ts', '../views/import-view.ts'],
  ['worker/probe.ts', 'node:fs'],
  ['worker/probe.ts', 'drizzle-orm/sqlite-core'],
  ['worker/probe.ts', '../downloader/main.ts'],
  ['downloader/probe.ts', '../worker/errors.ts'],
  ['downloader/sources/probe.ts', '../../worker/db/tables/jobs.ts'],
  ['downloader/sources/probe.ts', '../../worker/jobs/claim-next.ts'],
  ['client/probe.ts', '../worker/errors.ts'],
];

const ALLOWED: [path: string, specifier: string][] = [
  ['worker/contract/probe.ts', 'zod'],
  ['worker/contract/probe.ts', 'ipaddr.js'],
  ['worker/contract/probe.ts', './codes.ts'],
  ['worker/jobs/probe.ts', 'drizzle-orm'],
  ['worker/jobs/probe.ts', '../db/tables/jobs.ts'],
  ['worker/jobs/probe.ts', '../contract/job.ts'],
  ['worker/jobs/probe.ts', '../storage/clean-up.ts'],
  ['worker/jobs/probe.ts', '../downloader.ts'],
  ['worker/storage/probe.ts', 'node:zlib'],
  ['worker/db/probe.ts', 'drizzle-orm/sqlite-core'],
  ['worker/routes/probe.ts', '@hono/zod-openapi'],
  ['worker/routes/probe.ts', '../jobs/get-job.ts'],
  ['downloader/sources/probe.ts', '../../worker/contract/codes.ts'],
  ['downloader/sources/probe.ts', 'node:fs'],
  ['client/probe.ts', '../worker/contract/job.ts'],
];

describe('directions between the parts', () => {
  test.for(FORBIDDEN)('%s may not import %s', async ([path, specifier]) => {
    expect(await lint(path, importing(specifier))).toEqual(['eslint(no-restricted-imports)']);
  });

  test.for(ALLOWED)('%s may import %s', async ([path, specifier]) => {
    expect(await lint(path, importing(specifier))).toEqual([]);
  });
});

describe('rules of the house', () => {
  const REFUSED: [name: string, path: string, content: string, code: string][] = [
    [
      'Request in a verb',
      'worker/jobs/probe.ts',
      "export const ask = () => new Request('https://example.com');\n",
      'no-restricted-globals',
    ],
    [
      'Response in a verb',
      'worker/jobs/probe.ts',
      'export const answer = () => new Response();\n',
      'no-restricted-globals',
    ],
    [
      'an interactive transaction',
      'worker/jobs/probe.ts',
      'export const move = (db: { transaction(): void }) => db.transaction();\n',
      'no-restricted-properties',
    ],
    ['a default export', 'worker/routes/probe.ts', 'export default 1;\n', 'no-default-export'],
    ['any', 'downloader/probe.ts', 'export const loose = (x: any): unknown => x;\n', 'no-explicit-any'],
    [
      'a file of 301 lines',
      'downloader/probe.ts',
      `export const one = 1;\n${'// A line.\n'.repeat(300)}`,
      'max-lines',
    ],
  ];
  test.for(REFUSED)('%s is refused', async ([, path, content, code]) => {
    expect(await lint(path, content)).toEqual([expect.stringContaining(`(${code})`)]);
  });
});
