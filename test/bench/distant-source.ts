/** The benchmark of a source with high latency and slow connections, beside a program that reads it by one GET. */
import type { Api } from '../support/stack/api.ts';
import type { Stack } from '../support/stack/stack.ts';
import type { CertificateFiles } from './certificate.ts';
import { compare, median, printResults } from './compare.ts';
import { measureImports } from './import-once.ts';
import { startPeer } from './peers.ts';
import type { Place } from './place.ts';
import { runProgram } from './run-program.ts';

/** As between continents. */
const LATENCY_MS = 100;
const BYTES_A_SECOND = 20_000_000;
/** A round takes 35 s. */
const MAX_ROUNDS = 3;
const SIZE_BYTES = 512 * 1024 * 1024;

export interface DistantInput {
  stack: Stack;
  api: Api;
  /** The Go program. */
  peers: string;
  certificate: CertificateFiles;
  /** The storage of the workspace. */
  place: Place;
  rounds: number;
}

/** Prints how much faster an import is than the Go program, which sends one GET. */
export async function benchDistantSource(input: DistantInput): Promise<void> {
  const { stack, api, peers, certificate, place, rounds } = input;
  const source = await startPeer(peers, ['source', String(LATENCY_MS), String(BYTES_A_SECOND)], certificate);
  const url = `${source.url}/${SIZE_BYTES}.wav`;
  try {
    const ours = async () => {
      const cost = await measureImports({ stack, api }, [{ url, sizeBytes: SIZE_BYTES, store: true }]);
      const { cpuSeconds, peakRssMiB } = cost.downloader;
      return { wallSeconds: cost.wallSeconds, cpuSeconds: cpuSeconds + cost.worker.cpuSeconds, peakRssMiB };
    };
    const go = () =>
      runProgram(peers, ['copy', url, place.settings.endpoint, 'go.wav', 'crc32'], place.trust);
    const results = await compare(
      [
        { name: 'ours', run: ours },
        { name: 'one GET', run: go },
      ],
      Math.min(rounds, MAX_ROUNDS),
    );
    printResults('512 MiB from a source with 100 ms latency and 20 MB/s a connection', results);
    const [mine = NaN, one = NaN] = results.map(({ costs }) =>
      median(costs.map(({ wallSeconds }) => wallSeconds)),
    );
    console.log(`One GET by ours: ${(one / mine).toFixed(2)}× (goal ≥ 3×).`);
  } finally {
    await source.stop();
  }
}
