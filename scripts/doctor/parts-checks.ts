/** Checks that the Worker, its bindings and one downloader answer. */
import { setTimeout as delay } from 'node:timers/promises';
import { Diagnosis, QueueProbe } from '../../worker/contract/api/diagnostics.ts';
import { OLD_YTDLP_DAYS, ytdlpAgeDays } from '../../worker/contract/ytdlp-age.ts';
import type { Check, Finding } from './check.ts';
import { callApi, request, type Deployment } from './deployment.ts';

/** A difference between clocks that is reported, in milliseconds: S3 refuses signatures after 15 minutes, dispatches after 5. */
const MAX_CLOCK_OFFSET_MS = 60_000;
/** Milliseconds that a message of the queue may take, and between two looks at it. */
const QUEUE_TIMEOUT_MS = 20_000;
const QUEUE_POLL_MS = 250;

/** `GET /health`, without a key. */
export function workerCheck({ url }: Deployment): Check {
  const run = async (): Promise<Finding> => {
    const response = await request(`${url}/health`);
    const body = (await response.json().catch(() => null)) as { version?: unknown } | null;
    if (response.status === 500) {
      const detail = 'The Worker answers 500: its configuration is not valid. Its log names the variables.';
      return { ok: false, detail };
    }
    if (response.status !== 200 || typeof body?.version !== 'string')
      return { ok: false, detail: `/health answered ${response.status}: this is not the import API.` };
    return { ok: true, detail: `version ${body.version}` };
  };
  return { name: 'Worker', run };
}

/** `POST /diagnostics`; `keep` gets the report, which the checks after it read. */
export function diagnosisCheck(deployment: Deployment, keep: (diagnosis: Diagnosis) => void): Check {
  const run = async (): Promise<Finding> => {
    const call = { method: 'POST', path: '/diagnostics', data: Diagnosis };
    keep(await callApi(deployment, call));
    return { ok: true, detail: 'the key is accepted' };
  };
  return { name: 'API key', run };
}

/** What the diagnosis says about each part, and whether the queue delivers. */
export function partChecks(deployment: Deployment, diagnosis: Diagnosis): Check[] {
  const { database, serviceStorage, downloader, pageDownloader } = diagnosis;
  const part = (name: string, finding: Finding): Check => ({ name, run: async () => finding });
  return [
    part('Configuration', judgeConfiguration(deployment, diagnosis)),
    part('Clock', judgeClock(diagnosis)),
    part('Database', {
      ok: database.ok,
      detail: database.problem ?? `D1 answered in ${database.roundTripMs} ms`,
    }),
    part('Service storage', {
      ok: serviceStorage.ok,
      detail: serviceStorage.problem ?? `R2 answered in ${serviceStorage.roundTripMs} ms`,
    }),
    { name: 'Queue', run: () => awaitQueueProbe(deployment, diagnosis) },
    part('Downloader', judgeDownloader(downloader)),
    ...(pageDownloader === null ? [] : [part('Downloader for pages', judgeDownloader(pageDownloader))]),
  ];
}

function judgeConfiguration({ url }: Deployment, { configuration }: Diagnosis): Finding {
  const { publicUrl, downloader, slots, pageSlots, jobsPerSlot } = configuration;
  if (new URL(publicUrl).origin !== new URL(url).origin) {
    const detail = `PUBLIC_URL is ${publicUrl}, but this is ${url}: links that the service hands out lead elsewhere.`;
    return { ok: false, detail };
  }
  const forPages = pageSlots === 0 ? '' : `, and ${pageSlots} × ${jobsPerSlot} pages`;
  const fleet = `${slots} × ${jobsPerSlot} jobs at once${forPages}, downloader by ${downloader}`;
  return { ok: true, detail: fleet };
}

function judgeClock({ time }: Diagnosis): Finding {
  const offsetMs = Date.parse(time) - Date.now();
  const seconds = Math.round(Math.abs(offsetMs) / 1000);
  if (Math.abs(offsetMs) > MAX_CLOCK_OFFSET_MS)
    return { ok: false, detail: `The Worker's clock differs from this machine's by ${seconds} s.` };
  return { ok: true, detail: `within ${Math.max(1, seconds)} s of this machine` };
}

function judgeDownloader(downloader: Diagnosis['downloader']): Finding {
  return { ok: downloader.ok, detail: downloader.problem ?? describeDownloader(downloader) };
}

function describeDownloader({ versions, confinement, answerMs, coldStart }: Diagnosis['downloader']): string {
  const age = ytdlpAgeDays(versions?.ytdlp ?? null, Date.now());
  const ytdlp = `yt-dlp ${versions?.ytdlp ?? 'not installed'}${age === null ? '' : ` (${age} days old)`}`;
  const tools = `${ytdlp}, ffmpeg ${versions?.ffmpeg ?? 'not installed'}`;
  const started = coldStart === true ? 'cold start, answered' : 'answered';
  const children = confinement === null ? '' : `; ${describeConfinement(confinement)}`;
  const found = `version ${versions?.downloader ?? 'unknown'}, ${tools}; ${started} in ${answerMs} ms${children}`;
  if (age === null || age <= OLD_YTDLP_DAYS) return found;
  return `${found}. yt-dlp is old, so imports of pages may fail: run npm run update:ytdlp, then deploy again`;
}

function describeConfinement({
  level,
  ownUsers,
  reason,
}: NonNullable<Diagnosis['downloader']['confinement']>): string {
  if (level !== 'full') return `they are not fully confined (${level}): ${reason}`;
  return ownUsers ? 'they are fully confined, each job as its own user' : 'they are fully confined';
}

async function awaitQueueProbe(deployment: Deployment, { queue }: Diagnosis): Promise<Finding> {
  if (queue.probeId === null) return { ok: false, detail: queue.problem ?? 'The queue took no message.' };
  const path = `/diagnostics/queue/${queue.probeId}`;
  const deadline = performance.now() + QUEUE_TIMEOUT_MS;
  for (;;) {
    const { roundTripMs } = await callApi(deployment, { method: 'GET', path, data: QueueProbe });
    if (roundTripMs !== null) return { ok: true, detail: `a message arrived after ${roundTripMs} ms` };
    if (performance.now() > deadline) {
      const detail = `No message arrived within ${QUEUE_TIMEOUT_MS / 1000} s. Check that the queue has the Worker as its consumer.`;
      return { ok: false, detail };
    }
    await delay(QUEUE_POLL_MS);
  }
}
