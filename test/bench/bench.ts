/**
 * What an import costs on this machine (Linux): a file of 1 GiB into each sink, and the latency of a small one.
 * `npm run bench [MiB]`. The source and the sinks are processes of their own and not counted.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connectApi, type Api } from '../support/api.ts';
import { answer, startHttpSource } from '../support/http-source.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { makeWav } from '../support/wav.ts';
import { startMeter, type Usage } from './process-meter.ts';
import { startSinks, type Sink } from './sinks.ts';

const MIB = 1024 * 1024;
const SMALL_RUNS = 20;
/** A GiB at 1 MiB/s: nothing that is still a result takes longer. */
const LONGEST_IMPORT_MS = 20 * 60_000;

interface Result {
  sink: string;
  wallSeconds: number;
  downloader: Usage;
  worker: Usage;
}

async function startSource(sizeBytes: number): Promise<{ url: string; stop(): void }> {
  const child = fork(new URL('wav-source.ts', import.meta.url), [String(sizeBytes)]);
  const [port] = (await once(child, 'message')) as [number];
  return { url: `http://127.0.0.1:${port}/bench.wav`, stop: () => void child.kill('SIGKILL') };
}

async function measureLarge(
  stack: Stack,
  api: Api,
  sink: Sink,
  url: string,
  sizeBytes: number,
): Promise<Result> {
  await sink.use(api);
  const downloader = startMeter(stack.downloaderPid());
  const worker = startMeter(stack.workerPid());
  const startedAt = performance.now();
  const data = await api.ended(await api.startImport({ url, ...sink.request }), LONGEST_IMPORT_MS);
  const wallSeconds = (performance.now() - startedAt) / 1000;
  const { status } = data['storage'] as { status?: string };
  if (data.status !== 'completed' || data['fileSizeBytes'] !== sizeBytes || status === 'fallback')
    throw new Error(`the import into ${sink.name} went wrong: ${JSON.stringify(data)}`);
  return { sink: sink.name, wallSeconds, downloader: downloader(), worker: worker() };
}

/** Milliseconds from POST to completed, as a client sees them who asks every 10 ms. */
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

function row({ sink, wallSeconds, downloader, worker }: Result, sizeBytes: number) {
  const fixed = (value: number) => Number(value.toFixed(1));
  return {
    sink,
    'wall s': fixed(wallSeconds),
    'MiB/s': fixed(sizeBytes / MIB / wallSeconds),
    'downloader CPU s': fixed(downloader.cpuSeconds),
    'downloader peak MiB': fixed(downloader.peakRssMiB),
    'worker CPU s': fixed(worker.cpuSeconds),
    'worker peak MiB': fixed(worker.peakRssMiB),
  };
}

const sizeBytes = Number(process.argv[2] ?? 1024) * MIB;
const source = await startSource(sizeBytes);
const sinks = await startSinks();
const stack = await startStack();
try {
  const api = await connectApi(stack.apiUrl, stack.apiKey);
  const times = await measureSmall(stack);
  const [median = NaN, slowest = NaN] = [times[times.length / 2], times.at(-1)];
  console.log(
    `A file of 6 kB, POST to completed: median of ${SMALL_RUNS} ${median.toFixed(0)} ms, slowest ${slowest.toFixed(0)} ms.`,
  );
  const results: Result[] = [];
  for (const sink of sinks) results.push(await measureLarge(stack, api, sink, source.url, sizeBytes));
  console.log(`A file of ${sizeBytes / MIB} MiB:`);
  console.table(results.map((result) => row(result, sizeBytes)));
} finally {
  await stack.stop();
  for (const sink of sinks) await sink.stop();
  source.stop();
}
