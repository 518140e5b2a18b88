/** Measures imports by this service, from the request to the completed status. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Api } from '../support/stack/api.ts';
import type { Stack } from '../support/stack/stack.ts';
import { startMeter, type Usage } from './process-meter.ts';

/** One GiB at 1 MiB/s. Slower results are useless. */
const LONGEST_IMPORT_MS = 20 * 60_000;
/** Milliseconds between two reads of the downloader's output. Unlike requests, they cost the service nothing. */
const LOOK_EVERY_MS = 2;

export interface ImportCost {
  wallSeconds: number;
  downloader: Usage;
  worker: Usage;
}

export interface ImportRequest {
  url: string;
  sizeBytes: number;
  /** True for the workspace's storage, false for service storage. */
  store: boolean;
}

/** Runs these imports at once and measures all of them together. Throws if a file did not arrive completely. */
export async function measureImports(
  { stack, api }: { stack: Stack; api: Api },
  requests: ImportRequest[],
): Promise<ImportCost> {
  const downloader = startMeter(stack.downloaderPid());
  const worker = startMeter(stack.workerPid());
  const startedAt = performance.now();
  const jobIds = await Promise.all(requests.map(({ url, store }) => api.startImport({ url, store })));
  await Promise.all(jobIds.map((jobId) => untilAttemptEnded(stack, jobId)));
  const wallSeconds = (performance.now() - startedAt) / 1000;
  const cost = { wallSeconds, downloader: downloader(), worker: worker() };
  for (const [index, jobId] of jobIds.entries())
    expectArrived(await api.ended(jobId), requests[index]?.sizeBytes);
  return cost;
}

function expectArrived(data: Record<string, unknown>, sizeBytes: number | undefined): void {
  const { status } = data['storage'] as { status?: string };
  if (data['status'] !== 'completed' || data['fileSizeBytes'] !== sizeBytes || status === 'fallback')
    throw new Error(`an import went wrong: ${JSON.stringify(data)}`);
}

async function untilAttemptEnded(stack: Stack, jobId: string): Promise<void> {
  const deadline = performance.now() + LONGEST_IMPORT_MS;
  while (!stack.output().includes(`"event":"run.ended","jobId":"${jobId}"`)) {
    if (performance.now() > deadline) throw new Error(`the import has not ended:\n${stack.output()}`);
    await delay(LOOK_EVERY_MS);
  }
}
