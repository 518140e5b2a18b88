/**
 * `npm run update:ytdlp`: pins the newest yt-dlp and what it needs, with hashes from PyPI, and runs the tests that use it.
 * `npm run update:ytdlp -- VERSION` pins that version.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './lib/paths.ts';
import { reportProblem, StartProblem } from './lib/problem.ts';
import { runTests } from './test/run-tests.ts';
import { fetchProject, movePins, pinnedVersions } from './tools/pins.ts';
import { resolveYtdlp } from './tools/resolve-ytdlp.ts';

const FILE = 'downloader/requirements.txt';
/** Tests that run yt-dlp, and the steps of the image that install it. */
const TESTS = [
  'test/downloader/sources/page',
  'test/downloader/process/tools.test.ts',
  'test/scripts/image-steps.test.ts',
  'test/e2e/pages.test.ts',
];

async function update(): Promise<void> {
  const path = join(ROOT, FILE);
  const before = await readFile(path, 'utf8');
  const version = process.argv[2] ?? (await fetchProject('yt-dlp')).info.version;
  const versions = await resolveYtdlp(version);
  const { text, moves } = await movePins(before, versions, (name) => fetchProject(name));
  const leftOut = [...versions.keys()].filter((name) => !pinnedVersions(before).has(name));
  if (moves.length === 0) return console.log(`yt-dlp ${version} and all that it needs are pinned already.`);
  await writeFile(path, text);
  for (const { name, from, to } of moves) console.log(`${name}: ${from} → ${to}`);
  if (leftOut.length > 0) console.log(`Optional for yt-dlp and not pinned: ${leftOut.join(', ')}.`);
  console.log(`Changes of yt-dlp: https://github.com/yt-dlp/yt-dlp/releases/tag/${version}`);
  if (await runTests(['--project', 'node', '--project', 'e2e', ...TESTS]))
    return console.log(`${FILE} has the new versions, and the tests pass: commit it and deploy.`);
  throw new StartProblem(
    `Tests fail with the new versions, which ${FILE} has now. Adapt the code, or go back with: git checkout ${FILE}`,
  );
}

await update().catch(reportProblem);
