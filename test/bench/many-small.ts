/** The benchmark of many small imports, beside an older version of this service. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../../scripts/lib/paths.ts';
import { connectApi } from '../support/stack/api.ts';
import { startStack } from '../support/stack/stack.ts';
import { median } from './compare.ts';
import { measureImports, type ImportCost } from './import-once.ts';
import { usePlace, type Place } from './place.ts';

const IMPORTS = 500;
const SIZE_BYTES = 100 * 1024;

export interface Version {
  name: string;
  /** The checkout whose start script runs. */
  root: string;
}

/** Checks out `commit` with its own dependencies beside the working tree, for as long as `use` runs. */
export async function withCommit<T>(commit: string, use: (version: Version) => Promise<T>): Promise<T> {
  const run = promisify(execFile);
  const git = (...args: string[]) => run('git', ['-C', ROOT, ...args]);
  const folder = await mkdtemp(join(tmpdir(), 'bench-before-'));
  const root = join(folder, 'tree');
  await git('worktree', 'add', '--detach', root, commit);
  try {
    console.log(`\nInstalling the dependencies of ${commit} …`);
    await run('npm', ['ci', '--prefer-offline', '--no-audit', '--no-fund'], { cwd: root });
    return await use({ name: commit, root });
  } finally {
    await git('worktree', 'remove', '--force', root);
    await rm(folder, { recursive: true, force: true });
  }
}

/** Prints how many imports of 100 KiB a second each version does. Each round is a fresh stack, in turns. */
export async function benchManySmall(
  versions: [Version, Version],
  input: { place: Place; sourceUrl: string; rounds: number },
): Promise<void> {
  const costs = versions.map(() => [] as ImportCost[]);
  for (let round = 0; round < input.rounds; round += 1)
    for (const [index, version] of versions.entries()) costs[index]?.push(await runOnce(version, input));
  const rows = versions.map(({ name }, index) => {
    const of = (figure: (cost: ImportCost) => number) => median((costs[index] ?? []).map(figure));
    return {
      version: name,
      'imports a second': IMPORTS / of(({ wallSeconds }) => wallSeconds),
      'Worker CPU ms each': (1000 * of(({ worker }) => worker.cpuSeconds)) / IMPORTS,
      'downloader CPU ms each': (1000 * of(({ downloader }) => downloader.cpuSeconds)) / IMPORTS,
    };
  });
  console.log(`\n${IMPORTS} imports of 100 KiB, medians of ${input.rounds} rounds in turns:`);
  console.table(rows.map((row) => Object.fromEntries(Object.entries(row).map(rounded))));
  const ratio = (rows[0]?.['imports a second'] ?? NaN) / (rows[1]?.['imports a second'] ?? NaN);
  console.log(`Now by before: ${ratio.toFixed(2)}× (goal ≥ 3×).`);
}

function rounded([name, value]: [string, string | number]): [string, string | number] {
  return [name, typeof value === 'number' ? Number(value.toFixed(1)) : value];
}

async function runOnce(
  { root }: Version,
  { place, sourceUrl }: { place: Place; sourceUrl: string },
): Promise<ImportCost> {
  const stack = await startStack({ root, env: place.trust });
  try {
    const api = await connectApi(stack.apiUrl, stack.apiKey);
    await usePlace(api, place);
    const file = { url: `${sourceUrl}/${SIZE_BYTES}.wav`, sizeBytes: SIZE_BYTES, store: true };
    await measureImports({ stack, api }, [file]);
    return await measureImports(
      { stack, api },
      Array.from({ length: IMPORTS }, () => file),
    );
  } finally {
    await stack.stop();
  }
}
