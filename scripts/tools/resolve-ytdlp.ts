/** Asks pip which versions belong to a release of yt-dlp. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { StartProblem } from '../lib/problem.ts';
import { findPython } from './pip-install.ts';

const run = promisify(execFile);

const Report = z.object({
  install: z.array(z.object({ metadata: z.object({ name: z.string(), version: z.string() }) })),
});

/** Versions by name for `yt-dlp[default]`, including yt-dlp; nothing is installed. Throws a StartProblem without pip. */
export async function resolveYtdlp(version: string): Promise<Map<string, string>> {
  const python = await findPython();
  if (!python?.hasPip) throw new StartProblem('This needs Python 3.11 or later with pip.');
  const directory = await mkdtemp(join(tmpdir(), 'importly-pins-'));
  try {
    const report = join(directory, 'report.json');
    const flags = ['--quiet', '--no-input', '--dry-run', '--ignore-installed', '--only-binary', ':all:'];
    const args = ['-m', 'pip', 'install', ...flags, '--report', report, `yt-dlp[default]==${version}`];
    await run(python.executable, args, { timeout: 600_000 }).catch((error: unknown) => {
      const stderr = z.object({ stderr: z.string() }).safeParse(error).data?.stderr.trim().split('\n').at(-1);
      throw new StartProblem(`pip cannot resolve yt-dlp ${version}: ${stderr ?? 'unknown reason'}`);
    });
    const { install } = Report.parse(JSON.parse(await readFile(report, 'utf8')));
    return new Map(install.map(({ metadata: { name, version } }) => [normalize(name), version]));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Names of packages compare without case, and `_` and `.` equal `-`. */
function normalize(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, '-');
}
