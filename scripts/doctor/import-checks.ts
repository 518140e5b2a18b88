/** Checks that a file really arrives: imported, read back whole and in part, canceled, and removed. */
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { ImportView, type ImportViewOf } from '../../worker/contract/api/import-view.ts';
import { sampleWav } from '../../worker/diagnostics/sample-file.ts';
import { SLOW_SAMPLE_PATH } from '../../worker/diagnostics/serve-sample.ts';
import type { Check, Finding } from './check.ts';
import { callApi, DeploymentProblem, request, type Deployment } from './deployment.ts';

/** Milliseconds that an import of the small file may take, and between two looks at it. */
const IMPORT_TIMEOUT_MS = 120_000;
const POLL_MS = 500;

type Completed = ImportViewOf<'completed'>;
const QueuedAnswer = z.object({ jobId: z.string() });

const EXPECTED = sampleWav();
const EXPECTED_SHA256 = createHash('sha256').update(EXPECTED).digest('hex');

/** Imports the sample into service storage; `keep` gets the completed import. */
export function importCheck(
  deployment: Deployment,
  { sampleUrl, keep }: { sampleUrl: string; keep: (done: Completed) => void },
): Check {
  const run = async (): Promise<Finding> => {
    const done = await importSample(deployment, { url: sampleUrl });
    keep(done);
    if (done.storage.status !== 'service')
      return { ok: false, detail: `The file is not in service storage: ${done.storage.status}.` };
    return { ok: true, detail: describe(done), costMicrodollars: done.costInMicrodollars };
  };
  return { name: 'Import', run };
}

/** Imports the sample into the saved bucket. A file that fell back to service storage is a failure that names its reason. */
export function storageCheck(
  deployment: Deployment,
  {
    sampleUrl,
    destination,
    keep,
  }: { sampleUrl: string; destination: string | null; keep: (done: Completed) => void },
): Check {
  const run = async (): Promise<Finding> => {
    const choice = {
      store: true,
      storageFilename: 'importly-doctor',
      ...(destination && { storageDestination: destination }),
    };
    const done = await importSample(deployment, { url: sampleUrl, ...choice });
    keep(done);
    const { status, reason, error, bucket, key } = done.storage;
    if (status === 'stored')
      return { ok: true, detail: `${key} in ${bucket}`, costMicrodollars: done.costInMicrodollars };
    const why = error ? `${error.message} ${error.hint ?? ''}`.trim() : (reason ?? 'no reason given');
    return { ok: false, detail: `The file is not in the bucket: ${why}` };
  };
  return { name: 'Import into the bucket', run };
}

/** Reads the whole file by its link and compares every byte and the digest that the import told. */
export function digestCheck({ mediaUrl, checksum }: Completed): Check {
  const run = async (): Promise<Finding> => {
    if (mediaUrl === null) return { ok: false, detail: 'The import has no link.' };
    const response = await request(mediaUrl);
    const bytes = new Uint8Array(await response.arrayBuffer());
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    if (response.status !== 200) return { ok: false, detail: `The link answered ${response.status}.` };
    if (sha256 !== EXPECTED_SHA256) return { ok: false, detail: 'The stored file differs from the source.' };
    const told = checksum.sha256 === undefined || checksum.sha256 === sha256;
    return {
      ok: told,
      detail: told ? `SHA-256 ${sha256.slice(0, 16)}…` : 'The import reports another SHA-256.',
    };
  };
  return { name: 'Digest', run };
}

/** Reads 100 bytes from the middle. */
export function rangeCheck({ mediaUrl }: Completed): Check {
  const [first, last] = [1000, 1099];
  const run = async (): Promise<Finding> => {
    if (mediaUrl === null) return { ok: false, detail: 'The import has no link.' };
    const response = await request(mediaUrl, { headers: { range: `bytes=${first}-${last}` } });
    const bytes = Buffer.from(await response.arrayBuffer());
    const same = bytes.equals(EXPECTED.subarray(first, last + 1));
    const ok = response.status === 206 && same;
    return { ok, detail: ok ? '206, 100 bytes' : `answered ${response.status} with ${bytes.length} bytes` };
  };
  return { name: 'Range read', run };
}

/** Deletes the imported file; its link must not work afterwards. */
export function deleteCheck(deployment: Deployment, { jobId, mediaUrl }: Completed): Check {
  const run = async (): Promise<Finding> => {
    await callApi(deployment, { method: 'DELETE', path: `/imports/${jobId}/file`, data: ImportView });
    if (mediaUrl === null) return { ok: false, detail: 'The import has no link.' };
    const { status } = await request(mediaUrl);
    const ok = status === 404 || status === 410;
    return { ok, detail: ok ? 'the file is gone' : `The link still answers ${status}.` };
  };
  return { name: 'Delete', run };
}

/** Cancels an import that is held open by its source. */
export function cancelCheck(deployment: Deployment, { sampleUrl }: { sampleUrl: string }): Check {
  const run = async (): Promise<Finding> => {
    const url = new URL(SLOW_SAMPLE_PATH, sampleUrl).href;
    const jobId = await startImport(deployment, { url });
    await untilImport(deployment, jobId, ({ status }) => status !== 'queued');
    await callApi(deployment, { method: 'DELETE', path: `/imports/${jobId}`, data: ImportView });
    const { status } = await untilImport(deployment, jobId, isEnded);
    return {
      ok: status === 'canceled',
      detail: status === 'canceled' ? 'canceled while it ran' : `ended ${status}`,
    };
  };
  return { name: 'Cancel', run };
}

async function importSample(deployment: Deployment, body: Record<string, unknown>): Promise<Completed> {
  const jobId = await startImport(deployment, body);
  const ended = await untilImport(deployment, jobId, isEnded);
  if (ended.status === 'completed') return ended;
  const why =
    ended.status === 'failed' ? `${ended.error.message} ${ended.error.hint ?? ''}`.trim() : ended.status;
  throw new DeploymentProblem(`Import ${jobId} did not complete: ${why}`);
}

async function startImport(deployment: Deployment, body: Record<string, unknown>): Promise<string> {
  const call = { method: 'POST', path: '/import', body, data: QueuedAnswer };
  return (await callApi(deployment, call)).jobId;
}

const isEnded = ({ status }: ImportView) => status !== 'queued' && status !== 'processing';

async function untilImport(
  deployment: Deployment,
  jobId: string,
  holds: (view: ImportView) => boolean,
): Promise<ImportView> {
  const path = `/import/status?id=${encodeURIComponent(jobId)}`;
  const deadline = performance.now() + IMPORT_TIMEOUT_MS;
  for (;;) {
    const view = await callApi(deployment, { method: 'GET', path, data: ImportView });
    if (holds(view)) return view;
    if (performance.now() > deadline) {
      const waited = `after ${IMPORT_TIMEOUT_MS / 1000} s import ${jobId} is still ${view.status}`;
      throw new DeploymentProblem(`${waited}. The checks above tell which part does not work.`);
    }
    await delay(POLL_MS);
  }
}

function describe({ createdAt, finishedAt, fileSizeBytes }: Completed): string {
  return `${fileSizeBytes} bytes in ${Date.parse(finishedAt) - Date.parse(createdAt)} ms`;
}
