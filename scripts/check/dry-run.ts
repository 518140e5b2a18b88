/** Builds what `wrangler deploy` would upload, without an account, a network or Docker. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runNode } from '../lib/run-node.ts';

/** Returns wrangler's exit code. */
export async function dryRun(): Promise<number> {
  const output = await mkdtemp(join(tmpdir(), 'importly-dry-run-'));
  try {
    const args = ['deploy', '--dry-run', '--containers-rollout=none', '--outdir', output];
    return await runNode('node_modules/wrangler/bin/wrangler.js', args, { WRANGLER_SEND_METRICS: 'false' });
  } finally {
    await rm(output, { recursive: true, force: true });
  }
}
