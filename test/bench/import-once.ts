/** Measures imports by this service, from the request to the completed status. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Api } from '../support/stack/api.ts';
import type { Stack } from '../support/stack/stack.ts';
import { startMeter, type Usage } from './process-meter.ts';

/** One GiB at 1 MiB/s. Slower results are useless. */
const LONGEST_IMPORT_MS = 20 * 60_000;
/** Milliseconds between two reads of the downloader's output. */
const LOOK_EVERY_MS = 2;

const ENDED = /"event":"run.ended","jobId":"([^"]+)"/g;

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
  const earlierOutput = stack.output().length;
  const jobIds = await Promise.all(requests.map(({ url, store }) => api.startImport({ url, store })));
  await untilAttemptsEnded(stack, jobIds, earlierOutput);
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

/** Reads each line once: the measuring program must not take a core from the service. `from` is where the output of these jobs begins. */
async function untilAttemptsEnded(stack: Stack, jobIds: string[], from: number): Promise<void> {
  const deadline = performance.now() + LONGEST_IMPORT_MS;
  const running = new Set(jobIds);
  for (let read = from; ; await delay(LOOK_EVERY_MS)) {
    const output = stack.output();
    const end = output.lastIndexOf('\n') + 1;
    for (const [, jobId = ''] of output.slice(read, end).matchAll(ENDED)) running.delete(jobId);
    read = Math.max(read, end);
    if (running.size === 0) return;
    if (performance.now() > deadline) throw new Error(`${running.size} imports have not ended:\n${output}`);
  }
}
