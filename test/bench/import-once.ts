/** Measures one import of the large file into one sink, from the request to the completed status. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Api } from '../support/stack/api.ts';
import type { Stack } from '../support/stack/stack.ts';
import { startMeter, type Usage } from './process-meter.ts';
import type { Sink } from './sinks.ts';

/** One GiB at 1 MiB/s. Slower results are useless. */
const LONGEST_IMPORT_MS = 20 * 60_000;
/** Milliseconds between two reads of the downloader's output. Unlike requests, they cost the service nothing. */
const LOOK_EVERY_MS = 5;

export interface ImportCost {
  wallSeconds: number;
  downloader: Usage;
  worker: Usage;
}

/** The settings must already point to the sink. Throws if the file did not arrive completely. */
export async function importOnce(
  stack: Stack,
  api: Api,
  sink: Sink,
  { url, sizeBytes }: { url: string; sizeBytes: number },
): Promise<ImportCost> {
  const downloader = startMeter(stack.downloaderPid());
  const worker = startMeter(stack.workerPid());
  const startedAt = performance.now();
  const jobId = await api.startImport({ url, ...sink.request });
  await untilAttemptEnded(stack, jobId);
  const data = await api.ended(jobId);
  const wallSeconds = (performance.now() - startedAt) / 1000;
  const { status } = data['storage'] as { status?: string };
  if (data.status !== 'completed' || data['fileSizeBytes'] !== sizeBytes || status === 'fallback')
    throw new Error(`the import into ${sink.name} went wrong: ${JSON.stringify(data)}`);
  return { wallSeconds, downloader: downloader(), worker: worker() };
}

async function untilAttemptEnded(stack: Stack, jobId: string): Promise<void> {
  const deadline = performance.now() + LONGEST_IMPORT_MS;
  while (!stack.output().includes(`"event":"run.ended","jobId":"${jobId}"`)) {
    if (performance.now() > deadline) throw new Error(`the import has not ended:\n${stack.output()}`);
    await delay(LOOK_EVERY_MS);
  }
}
