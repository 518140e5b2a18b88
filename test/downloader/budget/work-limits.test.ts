import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { parseCpuQuota, readMachine, type Machine } from '../../../downloader/budget/machine.ts';
import { workLimits, type WorkLimits } from '../../../downloader/budget/work-limits.ts';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

function machine(processors: number, memoryGib: number, diskGb: number): Machine {
  return { processors, memoryBytes: memoryGib * GIB, diskBytes: diskGb * 1e9 };
}

describe('the limits of a downloader', () => {
  test.each<[string, Machine, number, WorkLimits]>([
    [
      'standard-1 of Cloudflare',
      machine(0.5, 4, 8),
      4,
      {
        partMemoryBytes: 512 * MIB,
        childMemoryBytes: 768 * MIB,
        pages: 2,
        merges: 1,
        maxPageBytes: 3.8e9,
        diskReserveBytes: 0.4e9,
      },
    ],
    [
      'a machine with a sixteenth of a CPU and 256 MiB',
      machine(1 / 16, 0.25, 2),
      4,
      {
        partMemoryBytes: 128 * MIB,
        childMemoryBytes: 224 * MIB,
        pages: 1,
        merges: 1,
        maxPageBytes: 0.95e9,
        diskReserveBytes: 0.1e9,
      },
    ],
    [
      'a machine with little memory',
      machine(4, 1, 100),
      4,
      {
        partMemoryBytes: 128 * MIB,
        childMemoryBytes: 224 * MIB,
        pages: 3,
        merges: 3,
        maxPageBytes: 50e9 - GIB / 2,
        diskReserveBytes: GIB,
      },
    ],
    [
      'a machine with an almost full disk',
      machine(4, 16, 1),
      4,
      {
        partMemoryBytes: 512 * MIB,
        childMemoryBytes: 2 * GIB,
        pages: 1,
        merges: 1,
        maxPageBytes: 0.475e9,
        diskReserveBytes: 0.05e9,
      },
    ],
    [
      'a large machine',
      machine(16, 64, 500),
      8,
      {
        partMemoryBytes: 512 * MIB,
        childMemoryBytes: 2 * GIB,
        pages: 8,
        merges: 8,
        maxPageBytes: 250e9 - GIB / 2,
        diskReserveBytes: GIB,
      },
    ],
  ])('on %s', (_, given, jobs, limits) => {
    expect(workLimits(given, jobs)).toEqual(limits);
  });

  test('bound the part buffers by the memory, but one of the largest parts always fits', () => {
    const partMemoryMib = (memoryGib: number) =>
      workLimits(machine(1, memoryGib, 10), 8).partMemoryBytes / MIB;
    expect([1 / 16, 0.5, 1, 2, 4, 64].map(partMemoryMib)).toEqual([128, 128, 128, 256, 512, 512]);
  });

  test('leave memory for Node and let one child of each page fit into the rest', () => {
    for (const memoryGib of [1, 2, 4, 8, 16])
      for (const jobs of [1, 2, 4, 16]) {
        const { childMemoryBytes, pages } = workLimits(machine(8, memoryGib, 500), jobs);
        expect(pages * childMemoryBytes).toBeLessThanOrEqual(memoryGib * GIB - 256 * MIB);
      }
  });
});

describe('the machine', () => {
  test.each([
    ['50000 100000\n', 0.5],
    ['200000 100000', 2],
    ['max 100000\n', Infinity],
    ['-1 100000', Infinity],
    [' ', Infinity],
  ])('with the CPU quota %j has at most %d CPUs', (text, processors) => {
    expect(parseCpuQuota(text)).toBe(processors);
  });

  test('has memory, CPUs and disk space', async () => {
    const { memoryBytes, processors, diskBytes } = await readMachine(tmpdir());
    expect(memoryBytes).toBeGreaterThan(64 * MIB);
    expect(memoryBytes).toBeLessThan(2 ** 50);
    expect(processors).toBeGreaterThan(0);
    expect(processors).toBeLessThan(10_000);
    expect(diskBytes).toBeGreaterThan(0);
  });
});
