/** The benchmark of single files beside the Go program on the AWS SDK and beside rclone: TLS on both sides, every part verified. */
import type { Api } from '../support/stack/api.ts';
import type { Stack } from '../support/stack/stack.ts';
import { compare, median, printRatio, printResults, type Contender, type Result } from './compare.ts';
import { measureImports } from './import-once.ts';
import { usePlace, type Place } from './place.ts';
import { RCLONE_WAYS, runRclone } from './rclone.ts';
import { runProgram, type Cost } from './run-program.ts';

const MIB = 1024 * 1024;

export interface FilesInput {
  stack: Stack;
  api: Api;
  /** The Go program. */
  peers: string;
  rclone: string | null;
  sourceUrl: string;
  /** Verifies CRC-32 in headers and trailers. */
  place: Place;
  /** Knows no CRC-32. */
  placeWithoutCrc32: Place;
  rounds: number;
  largeMiB: number;
}

/** Prints the tables of large and small files with their ratios and goals. */
export async function benchFiles(input: FilesInput): Promise<void> {
  console.log('Learned about the storage:', await usePlace(input.api, input.place));
  const large = await compareSize(input, input.largeMiB);
  printRatio(large.ours, large.go, 'wallSeconds', 1.05);
  printRatio(large.ours, large.go, 'cpuSeconds', 1.15);
  const [workerCpu] = [median(large.workerCpuSeconds)];
  console.log(`CPU of the Worker: ${workerCpu.toFixed(2)} s (goal ≤ 0.1 s).`);
  for (const [sizeMiB, goal] of [
    [64, 1.2],
    [8, 1.5],
  ] as const) {
    const small = await compareSize(input, sizeMiB);
    const best = fastest(small.rclone);
    if (best) printRatio(small.ours, best, 'wallSeconds', goal);
  }
  await usePlace(input.api, input.placeWithoutCrc32);
  const sha256 = { ...input, place: input.placeWithoutCrc32, rclone: null };
  const hashed = await compareSize(sha256, input.largeMiB, 'sha256');
  printRatio(hashed.ours, hashed.go, 'wallSeconds', 1);
  printRatio(hashed.ours, hashed.go, 'cpuSeconds', 1);
}

async function compareSize(input: FilesInput, sizeMiB: number, digest = 'crc32') {
  const { stack, api, peers, rclone, place, rounds } = input;
  const sizeBytes = sizeMiB * MIB;
  const url = `${input.sourceUrl}/${sizeBytes}.wav`;
  const workerCpuSeconds: number[] = [];
  const ours = async (): Promise<Cost> => {
    const cost = await measureImports({ stack, api }, [{ url, sizeBytes, store: true }]);
    workerCpuSeconds.push(cost.worker.cpuSeconds);
    return {
      wallSeconds: cost.wallSeconds,
      cpuSeconds: cost.downloader.cpuSeconds + cost.worker.cpuSeconds,
      peakRssMiB: cost.downloader.peakRssMiB,
    };
  };
  const go = () => runProgram(peers, ['copy', url, place.settings.endpoint, 'go.wav', digest], place.trust);
  const contenders: Contender[] = [
    { name: 'ours', run: ours },
    { name: 'Go, AWS SDK', run: go },
  ];
  if (rclone)
    for (const way of RCLONE_WAYS)
      contenders.push({ name: way.name, run: () => runRclone(rclone, way, { source: url, place }) });
  const [mine, peer, ...others] = await compare(contenders, rounds);
  if (!mine || !peer) throw new Error('there is nothing to compare');
  printResults(`${sizeMiB} MiB, ${digest}`, [mine, peer, ...others]);
  return { ours: mine, go: peer, rclone: others, workerCpuSeconds: workerCpuSeconds.slice(1) };
}

function fastest(results: Result[]): Result | undefined {
  const wall = ({ costs }: Result) => median(costs.map(({ wallSeconds }) => wallSeconds));
  return results.toSorted((a, b) => wall(a) - wall(b))[0];
}
