/** Installs the tools for the tests, runs the tests, and prints the result as the last line. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findChromium } from '../../test/browser/support/install-chromium.ts';
import { findVersitygw } from '../../test/support/s3-servers/install-versitygw.ts';
import { runNode } from '../lib/run-node.ts';
import { prepareTools } from '../tools/prepare-tools.ts';
import { summarise, summaryLine } from './summary.ts';

/** Installs yt-dlp, ffmpeg, the S3 server and, with CI=true, Chromium. Prints which are not available; tests that need those are skipped and listed. */
async function installForTests(): Promise<void> {
  await prepareTools(process.env, (line) => console.log(line));
  await findVersitygw();
  await findChromium();
}

/** Runs vitest with these arguments and returns whether all tests passed. With CI=true, a skipped test is a failure. */
export async function runTests(args: string[]): Promise<boolean> {
  await installForTests();
  const directory = await mkdtemp(join(tmpdir(), 'importly-tests-'));
  try {
    const reportFile = join(directory, 'report.json');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`];
    const exitCode = await runNode('node_modules/vitest/vitest.mjs', ['run', ...reporters, ...args]);
    const text = await readFile(reportFile, 'utf8').catch(() => 'null');
    const summary = summarise(JSON.parse(text), exitCode);
    const skipFails = process.env.CI === 'true' && summary.skipped > 0;
    if (summary.skipped > 0) console.log(`Skipped:\n  ${summary.skippedNames.join('\n  ')}`);
    if (skipFails) console.log('With CI=true, a skipped test is a failure.');
    console.log(summaryLine(summary));
    return summary.failed === 0 && !skipFails;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
