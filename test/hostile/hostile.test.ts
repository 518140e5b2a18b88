/** The short form of `npm run hostile`: sixteen hostile imports of different kinds at once, and sixteen honest ones. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mediaTools } from '../support/media-tools.ts';
import { runCrowd } from './crowd.ts';
import { startWorld, type World } from './world.ts';

const { ytdlpDirectory, ffmpeg } = await mediaTools();
// Without these, cases end with the code of the missing tool; without /proc, nothing can be observed.
const isPossible = ytdlpDirectory !== null && ffmpeg !== null && existsSync('/proc/self/status');

let world: World;

beforeAll(async () => {
  if (isPossible) world = await startWorld({ jobsPerSlot: 32, maxConcurrent: 16 });
});
afterAll(() => world?.stop());

test.skipIf(!isPossible)(
  'hostile imports end with their codes, and honest ones beside them complete',
  { timeout: 240_000 },
  async () => {
    const { hostile, honestMs, left, peakRssMiB } = await runCrowd(world);
    expect(hostile.filter(({ ended, ends }) => !ends.includes(ended))).toEqual([]);
    expect(honestMs).toHaveLength(16);
    expect(peakRssMiB).toBeLessThan(600);
    expect(left).toEqual([]);
  },
);
