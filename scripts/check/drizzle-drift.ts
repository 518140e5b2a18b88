/** Checks that migrations/ matches the schema: generating migrations again must add nothing. */
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { ROOT } from '../lib/paths.ts';
import { runNode } from '../lib/run-node.ts';

/** Generates into a copy, so the working tree does not change. Returns 0 if nothing was added, else 1. */
export async function checkDrizzleDrift(): Promise<number> {
  const copy = await mkdtemp(join(tmpdir(), 'importly-drift-'));
  try {
    await cp(join(ROOT, 'migrations'), copy, { recursive: true });
    const before = await readdir(copy);
    const schema = join('worker', 'db', 'tables', '*.ts');
    const args = ['generate', '--dialect=sqlite', `--schema=${schema}`, `--out=${relative(ROOT, copy)}`];
    const code = await runNode('node_modules/drizzle-kit/bin.cjs', args);
    const added = (await readdir(copy)).filter((name) => !before.includes(name));
    if (added.length > 0)
      console.error(`The schema has changed without a migration. Generate one: npx drizzle-kit generate`);
    return added.length > 0 ? 1 : code;
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}
