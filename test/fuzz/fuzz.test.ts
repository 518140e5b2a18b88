/** The short form of `npm run fuzz`, in a process of its own: it needs time of the processor, and may fill its memory. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mediaTools } from '../support/media-tools.ts';

const { ffmpeg } = await mediaTools();
/** For all readers together. */
const SECONDS = 30;
/** Fixed, so that a run repeats the inputs of the run before; `npm run fuzz` draws one. */
const SEED = 20_261_127;

test.skipIf(!ffmpeg)(
  'every reader of foreign bytes gives a result or a known failure for mutated input, in little time and memory',
  { timeout: 180_000 },
  async () => {
    const output = await new Promise<string>((resolve) => {
      const args = [
        join(import.meta.dirname, 'fuzz.ts'),
        '--seconds',
        String(SECONDS),
        '--seed',
        String(SEED),
      ];
      execFile(process.execPath, args, { maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) =>
        resolve(`${stdout}${stderr}${error ? `exit code ${error.code}` : 'no failure'}`),
      );
    });
    expect(output).toMatch(/no failure$/);
  },
);
