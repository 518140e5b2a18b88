/** Lints probe files, because a rule that matches nothing would be silent. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

const importing = (specifier: string) =>
  `import { thing } from '${specifier}';\n\nexport const used = thing;\n`;

const FORBIDDEN: [folder: string, specifier: string][] = [
  ['worker/contract', 'hono'],
  ['worker/contract', 'drizzle-orm'],
  ['worker/contract', '../db/rows.ts'],
  ['worker/contract', '../errors.ts'],
  ['worker/contract', 'node:fs'],
  ['worker/contract', 'cloudflare:workers'],
  ['worker/contract/api', '../downloader/command.ts'],
  ['worker/jobs', 'hono'],
  ['worker/jobs', 'hono/http-exception'],
  ['worker/jobs', '@hono/zod-openapi'],
  ['worker/jobs', 'cloudflare:workers'],
  ['worker/jobs', '../routes/import.ts'],
  ['worker/jobs', '../views/import-view.ts'],
  ['worker/jobs', '../http/error-body.ts'],
  ['worker/jobs', '../container/transport.ts'],
  ['worker/jobs', 'drizzle-orm/sqlite-core'],
  ['worker/jobs', 'node:child_process'],
  ['worker/jobs', '../../downloader/job-failure.ts'],
  ['worker/transfers', '../jobs/claim-next.ts'],
  ['worker/doorbell', '../jobs/claim-next.ts'],
  ['worker/storage/s3', '../destinations/settings.ts'],
  ['worker/storage/s3', '../../jobs/claim-next.ts'],
  ['worker/storage/s3', 'drizzle-orm/sqlite-core'],
  ['worker/storage/names', '../s3/target.ts'],
  ['worker/storage/copies', '../uploads/start-upload.ts'],
  ['worker/storage/connection', '../uploads/start-upload.ts'],
  ['worker/storage/uploads', '../connection/test-connection.ts'],
  ['worker/storage/uploads', '../../jobs/claim-next.ts'],
  ['worker/storage/uploads', '../../transfers/request-store.ts'],
  ['worker/storage/uploads', '../../http/error-body.ts'],
  ['worker/storage/uploads', '../../auth/keys/api-key.ts'],
  ['worker/storage/uploads', '../../container/transport.ts'],
  ['worker/storage/uploads', '../../../downloader/job-failure.ts'],
  ['worker/storage/uploads', '../../routes/import.ts'],
  ['worker/storage/uploads', 'node:fs'],
  ['worker/auth', 'node:net'],
  ['worker/auth', 'drizzle-orm/d1'],
  ['worker/auth', '../app.ts'],
  ['worker/routes', 'node:fs/promises'],
  ['worker/routes', 'drizzle-orm'],
  ['worker/routes', '../app.ts'],
  ['worker/container', '../../downloader/main.ts'],
  ['worker/container', '../views/import-view.ts'],
  ['worker', 'node:fs'],
  ['worker', 'drizzle-orm'],
  ['worker', './jobs/claim-next.ts'],
  ['worker', './app.ts'],
  ['worker', '../scripts/lib/ports.ts'],
  ['worker', 'lodash'],
  ['downloader', '../worker/errors.ts'],
  ['downloader', './upload/lanes.ts'],
  ['downloader/net', 'node:child_process'],
  ['downloader/sources/http', '../page/ytdlp.ts'],
  ['downloader/sources/page', '../../../worker/db/rows.ts'],
  ['downloader/sources/page', '../../../worker/jobs/claim-next.ts'],
  ['downloader/upload', '../sources/obtain-content.ts'],
];

const ALLOWED: [folder: string, specifier: string][] = [
  ['worker/contract', 'zod'],
  ['worker/contract', 'ipaddr.js'],
  ['worker/contract', './codes.ts'],
  ['worker/jobs', 'drizzle-orm'],
  ['worker/jobs', '../db/rows.ts'],
  ['worker/jobs', '../contract/job.ts'],
  ['worker/jobs', '../contract/downloader/command.ts'],
  ['worker/jobs', '../storage/uploads/leftovers/clean-up-attempt.ts'],
  ['worker/jobs', '../context.ts'],
  ['worker/storage/sites', 'node:zlib'],
  ['worker/db', 'drizzle-orm/sqlite-core'],
  ['worker/routes', 'hono/factory'],
  ['worker/routes', '../jobs/get-job.ts'],
  ['downloader/process', 'node:child_process'],
  ['downloader/sources/page', '../../../worker/contract/codes.ts'],
  ['downloader/sources/page', '../../media/sniff.ts'],
  ['downloader/sources/page', 'node:fs'],
];

const OTHER_FORMS: [form: string, content: string][] = [
  ['import type', "import type { A } from '../jobs/get-job.ts';\n\nexport type B = A;\n"],
  ['export from', "export { a } from '../jobs/get-job.ts';\n"],
  ['export all', "export * from '../jobs/get-job.ts';\n"],
  ['a dynamic import', "export const a = () => import('../jobs/get-job.ts');\n"],
];

const REFUSED: [name: string, folder: string, content: string, rule: string][] = [
  [
    'Request in a verb',
    'worker/jobs',
    "export const a = () => new Request('x:');\n",
    'no-restricted-globals',
  ],
  ['Response in a verb', 'worker/jobs', 'export const a = () => new Response();\n', 'no-restricted-globals'],
  [
    'an interactive transaction',
    'worker/jobs',
    'export const a = (db: { transaction(): void }) => db.transaction();\n',
    'no-restricted-properties',
  ],
  ['a default export', 'worker/routes', 'export default 1;\n', 'no-default-export'],
  ['any', 'downloader', 'export const a = (x: any): unknown => x;\n', 'no-explicit-any'],
  ['a file of 301 lines', 'downloader', `export const a = 1;\n${'// A line.\n'.repeat(300)}`, 'max-lines'],
  ['a folder without a row', 'worker/cellar', 'export const a = 1;\n', 'allowed-imports'],
  ['a top folder without a row', 'cellar', 'export const a = 1;\n', 'allowed-imports'],
];

/** Findings of the lint for each probe file, by its path. */
const findings = new Map<string, string[]>();
let directory: string;

const probePath = (folder: string, content: string) => {
  const name = Buffer.from(content).toString('base64url').slice(0, 120);
  return `${folder}/probe-${name}.ts`;
};

function runOxlint(cwd: string): Promise<string> {
  const args = [join(ROOT, 'node_modules/oxlint/bin/oxlint'), '--format=json'];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd, maxBuffer: 16 * 1024 * 1024 }, (error, out) =>
      // Findings are exit code 1 with a report; any other failure has no report.
      out.startsWith('{') ? resolve(out) : reject(error ?? new Error(out)),
    );
  });
}

interface Report {
  diagnostics: { code: string; filename: string }[];
  number_of_files: number;
}

// The probes are in their own directory with the same rules, so the working tree does not change.
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lint-probes-'));
  for (const path of ['.oxlintrc.json', 'scripts/lint', 'docs/architecture.md'])
    await cp(join(ROOT, path), join(directory, path), { recursive: true });
  const probes = [
    ...[...FORBIDDEN, ...ALLOWED].map(([folder, specifier]) => [folder, importing(specifier)] as const),
    ...OTHER_FORMS.map(([, content]) => ['worker/storage/names', content] as const),
    ...REFUSED.map(([, folder, content]) => [folder, content] as const),
  ];
  for (const [folder, content] of probes) {
    const path = probePath(folder, content);
    findings.set(path, []);
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
  }
  const report = JSON.parse(await runOxlint(directory)) as Report;
  // The probes and the files of the plugin.
  expect(report.number_of_files).toBe(findings.size + 2);
  for (const { code, filename } of report.diagnostics) findings.get(filename)?.push(code);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const findingsOf = (folder: string, content: string) => findings.get(probePath(folder, content));

describe('imports', () => {
  test.for(FORBIDDEN)('%s may not import %s', ([folder, specifier]) => {
    expect(findingsOf(folder, importing(specifier))).toEqual(['architecture(allowed-imports)']);
  });

  test.for(ALLOWED)('%s may import %s', ([folder, specifier]) => {
    expect(findingsOf(folder, importing(specifier))).toEqual([]);
  });

  test.for(OTHER_FORMS)('%s is checked like an import', ([, content]) => {
    expect(findingsOf('worker/storage/names', content)).toEqual(['architecture(allowed-imports)']);
  });
});

test.for(REFUSED)('the lint refuses %s', ([, folder, content, rule]) => {
  expect(findingsOf(folder, content)).toEqual([expect.stringContaining(`(${rule})`)]);
});
