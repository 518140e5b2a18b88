/**
 * Measures imports on this machine (Linux): a file of 1 GiB into each sink, the latency of a small file, and the large
 * file in comparison with rclone. Usage: `npm run bench [MiB] [rounds]`. Source and sinks are separate processes and are
 * not counted.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connectApi } from '../support/stack/api.ts';
import { answer, startHttpSource } from '../support/http-source.ts';
import { startStack, type Stack } from '../support/stack/stack.ts';
import { makeWav } from '../support/wav.ts';
import { compareWithRclone, median, type Comparison, type Cost } from './beside-rclone.ts';
import { importOnce, type ImportCost } from './import-once.ts';
import { findRclone } from './rclone.ts';
import { startSinks } from './sinks.ts';

const MIB = 1024 * 1024;
const SMALL_RUNS = 20;

async function startSource(sizeBytes: number): Promise<{ url: string; stop(): void }> {
  const child = fork(new URL('wav-source.ts', import.meta.url), [String(sizeBytes)]);
  const [port] = (await once(child, 'message')) as [number];
  return { url: `http://127.0.0.1:${port}/bench.wav`, stop: () => void child.kill('SIGKILL') };
}

/** Milliseconds from POST to completed for a client that polls every 10 ms. */
async function measureSmall(stack: Stack): Promise<number[]> {
  const source = await startHttpSource();
  const bytes = makeWav(6_000);
  source.serve('/small.wav', answer(200, 'audio/wav', bytes));
  const headers = { Authorization: `Bearer ${stack.apiKey}`, 'Content-Type': 'application/json' };
  const ask = async (path: string, init?: RequestInit) =>
    (
      (await (await fetch(stack.apiUrl + path, { headers, ...init })).json()) as {
        data: { jobId: string; status: string };
      }
    ).data;
  const times: number[] = [];
  for (let run = 0; run < SMALL_RUNS; run += 1) {
    const startedAt = performance.now();
    const body = JSON.stringify({ url: source.url('/small.wav') });
    const { jobId } = await ask('/import', { method: 'POST', body });
    while ((await ask(`/import/status?id=${jobId}`)).status !== 'completed') {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    times.push(performance.now() - startedAt);
  }
  await source.close();
  return times.sort((a, b) => a - b);
}

const fixed = (value: number, digits = 1) => Number(value.toFixed(digits));

function row(sink: string, digest: string, { wallSeconds, downloader, worker }: ImportCost) {
  return {
    sink,
    digest,
    'wall s': fixed(wallSeconds),
    'MiB/s': fixed(sizeBytes / MIB / wallSeconds),
    'downloader CPU s': fixed(downloader.cpuSeconds),
    'downloader peak MiB': fixed(downloader.peakRssMiB),
    'worker CPU s': fixed(worker.cpuSeconds),
    'worker peak MiB': fixed(worker.peakRssMiB),
  };
}

function printComparison(digest: string, { ours, rclone, wallRatio, cpuRatio }: Comparison): void {
  const line = (program: string, { wallSeconds, cpuSeconds, peakRssMiB }: Cost) => ({
    program,
    'wall s': fixed(wallSeconds, 2),
    'CPU s': fixed(cpuSeconds, 2),
    'peak MiB': fixed(peakRssMiB, 0),
  });
  console.log(
    `${sizeBytes / MIB} MiB into versitygw, every part checked by it; medians of ${rounds} rounds in turns:`,
  );
  console.table([
    line(`ours, ${digest} (downloader + Worker)`, ours),
    ...rclone.map(({ name, cost }) => line(`${name}, MD5`, cost)),
  ]);
  console.log(
    `Ours by the best of rclone: wall ${wallRatio.toFixed(2)}× (goal ≤ 1.0), CPU ${cpuRatio.toFixed(2)}× (goal ≤ 0.8).`,
  );
}

const sizeBytes = Number(process.argv[2] ?? 1024) * MIB;
const rounds = Number(process.argv[3] ?? 5);
const source = await startSource(sizeBytes);
const file = { url: source.url, sizeBytes };
const sinks = await startSinks();
const rclone = await findRclone();
const stack = await startStack();
try {
  const api = await connectApi(stack.apiUrl, stack.apiKey);
  const times = await measureSmall(stack);
  const [middle, slowest = NaN] = [median(times), times.at(-1)];
  console.log(
    `A file of 6 kB, POST to completed: median of ${SMALL_RUNS} ${middle.toFixed(0)} ms, slowest ${slowest.toFixed(0)} ms.`,
  );
  const rows: object[] = [];
  for (const sink of sinks) {
    const digest = await sink.use(api);
    rows.push(row(sink.name, digest, await importOnce(stack, api, sink, file)));
    await sink.clear();
  }
  console.log(`A file of ${sizeBytes / MIB} MiB:`);
  console.table(rows);
  const versitygw = sinks.find(({ name }) => name === 'versitygw');
  if (versitygw && rclone && rounds > 0) {
    const digest = await versitygw.use(api);
    const input = { stack, api, sink: versitygw, rclone, source: file, rounds };
    printComparison(digest, await compareWithRclone(input));
  }
} finally {
  await stack.stop();
  for (const sink of sinks) await sink.stop();
  source.stop();
}
