/** The benchmark of how soon a client learns of a small file, and of how soon a job runs again after a crash. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Api } from '../support/stack/api.ts';
import type { Stack } from '../support/stack/stack.ts';
import { median } from './compare.ts';

const SMALL_RUNS = 30;
const SMALL_BYTES = 6_000;

/** Prints the milliseconds from POST to completed for a client that polls every 5 ms. */
export async function benchLatency(stack: Stack, sourceUrl: string): Promise<void> {
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
    const body = JSON.stringify({ url: `${sourceUrl}/${SMALL_BYTES}.wav` });
    const { jobId } = await ask('/import', { method: 'POST', body });
    while ((await ask(`/import/status?id=${jobId}`)).status !== 'completed') await delay(5);
    times.push(performance.now() - startedAt);
  }
  const [middle, most] = [median(times).toFixed(0), Math.max(...times).toFixed(0)];
  console.log(
    `\nA file of 6 kB, POST to completed: median of ${SMALL_RUNS} ${middle} ms (goal ≤ 100 ms), most ${most} ms.`,
  );
}

/** Prints the seconds from SIGKILL of the downloader in mid-import until a new attempt receives bytes. */
export async function benchRecovery(
  { stack, api }: { stack: Stack; api: Api },
  { sourceUrl, largeMiB }: { sourceUrl: string; largeMiB: number },
): Promise<void> {
  const url = `${sourceUrl}/${largeMiB * 1024 * 1024}.wav`;
  const jobId = await api.startImport({ url, store: true });
  await api.until(jobId, ({ status }) => status === 'processing');
  const attemptsOf = () => stack.output().split(`"event":"run.started","jobId":"${jobId}"`).length - 1;
  const before = attemptsOf();
  process.kill(stack.downloaderPid(), 'SIGKILL');
  const killedAt = performance.now();
  while (attemptsOf() === before) await delay(20);
  const seconds = ((performance.now() - killedAt) / 1000).toFixed(1);
  console.log(`\nSIGKILL of the downloader in mid-import: runs again after ${seconds} s (goal ≤ 10 s).`);
  const { status } = await api.ended(jobId, 300_000);
  if (status !== 'completed') throw new Error(`the killed import ended ${status}`);
}
