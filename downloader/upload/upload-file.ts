/** Uploads one file by the plans of the Worker, one after the other, until it is stored. */
import { setTimeout as delay } from 'node:timers/promises';
import { encodeCrc32 } from '../../worker/contract/encoding/crc32.ts';
import { isStorageCode } from '../../worker/contract/codes.ts';
import type { ArtifactRequest, Directive, PlanAnswer } from '../../worker/contract/downloader/report.ts';
import type { SignedRequest, UploadPlan } from '../../worker/contract/downloader/upload-plan.ts';
import type { Completed, ControlClient } from '../control-client.ts';
import type { JobContext } from '../job-context.ts';
import { JobFailure } from '../job-failure.ts';
import { describeFile } from '../media-details.ts';
import type { Content, Inspection } from '../content.ts';
import { refuseLarge } from '../hard-stops.ts';
import { crc32 } from './crc32.ts';
import { completeOthers, findOthers } from './other-destinations.ts';
import type { RouteFor } from './put-part.ts';
import { readAhead, type ReadAhead } from './read-ahead.ts';
import type { Secondary } from './secondaries.ts';
import { signerFor } from './sign-ahead.ts';
import { uploadObject, type Uploaded } from './upload-object.ts';

/** Plans of one attempt: the destination, again after a lost upload, twice with another name, service storage, and one more. */
const MAX_PLANS = 6;

/** Milliseconds that the announcement of a small file waits for its last byte. */
const LAST_BYTE_WAIT_MS = 5;

/** The final report of a stored file. */
const NOTHING_TO_ADD = { warnings: [] };

export interface UploadFileDeps {
  control: ControlClient;
  routeFor: RouteFor;
  /** Called when the storage accepts bytes. */
  onActivity: () => void;
}

type Deps = UploadFileDeps & {
  /** What the source reads while the first plan is made; null when it reads nothing. */
  ahead: ReadAhead | null;
};

/**
 * Uploads until a placement is stored. Returns the answer to the final report, if that has travelled with the last call; otherwise it is still
 * to be sent. Throws JobFailure: for the source or the media at once, for the storage when the
 * Worker has no other plan.
 */
export async function uploadFile(
  job: JobContext,
  content: Content,
  deps: UploadFileDeps,
): Promise<Directive | null> {
  const ahead = readAhead(job.budget.partMemory, content.source);
  try {
    return await uploadByPlans(job, content, { ...deps, ahead });
  } finally {
    ahead?.close();
  }
}

async function uploadByPlans(job: JobContext, first: Content, deps: Deps): Promise<Directive | null> {
  const { control } = deps;
  let content = first;
  let planned: PlanAnswer | null = await planWhileReading(job, content, control);
  let last: JobFailure | null = null;
  for (let round = 0; planned && round < MAX_PLANS; round += 1) {
    try {
      const answer = await deliverByPlan(job, content, planned, deps);
      if (answer.outcome === 'stored') return answer.directive ?? null;
      planned = { plan: answer.plan };
    } catch (error) {
      job.signal.throwIfAborted();
      if (!(error instanceof JobFailure)) throw error;
      const other = content.fallback?.(error);
      if (other) {
        content = other;
        // The upload is still open, so the answer is the same plan.
        planned = await control.artifacts(describe(content), job.signal);
        continue;
      }
      if (!isStorageCode(error.failure.code)) throw error;
      last = error;
      const plan = await control.abort(planned.plan.placementId, error.failure, job.signal);
      planned = plan && { plan };
    }
  }
  throw last ?? new JobFailure('storage_upload_lost', `${MAX_PLANS} uploads were lost`);
}

/**
 * A plan needs no bytes of the file, so the Worker makes it while they come in. If they have come in already, the plan comes with the request for
 * the only part, which saves a call.
 */
async function planWhileReading(
  { signal }: JobContext,
  content: Content,
  control: ControlClient,
): Promise<PlanAnswer> {
  const planning = crc32Soon(content).then((crc) => control.artifacts(describe(content), signal, crc));
  // The failure of the file matters more.
  planning.catch(() => undefined);
  await content.ready;
  return planning;
}

/** Null when the bytes do not come in so soon. */
async function crc32Soon({ received }: Content): Promise<string | null> {
  if (!received) return null;
  const tooLate = delay(LAST_BYTE_WAIT_MS, null);
  const bytes = await Promise.race([received.catch(() => null), tooLate]);
  return bytes && encodeCrc32(crc32(bytes));
}

function describe({ source, title, extension, contentType, origin, taken }: Content): ArtifactRequest {
  const { sizeBytes } = source;
  return {
    role: 'media',
    title,
    extension,
    contentType,
    sizeBytes,
    source: taken,
    ...(origin && { origin }),
  };
}

async function deliverByPlan(
  job: JobContext,
  content: Content,
  { plan, requests }: PlanAnswer,
  deps: Deps,
): Promise<Completed> {
  const pass = new AbortController();
  const endPass = () => pass.abort(job.signal.reason);
  if (job.signal.aborted) endPass();
  job.signal.addEventListener('abort', endPass, { once: true });
  try {
    const inspection = content.inspect(pass);
    const secondaries = await findOthers(job, plan, {
      control: deps.control,
      sizeBytes: content.source.sizeBytes,
      signal: pass.signal,
    });
    const { secondaries: others, ...uploaded } = await upload(job, content, plan, {
      ...deps,
      first: requests,
      pass,
      inspection,
      secondaries,
    });
    job.progress.stage = 'verifying';
    const checked = await inspection.finish();
    const found = describeFile(job, content, { checked, sizeBytes: uploaded.sizeBytes });
    const report = { ...uploaded, ...found };
    // The uploads to other destinations are completed after this one.
    const last = { ...report, ...(others.length === 0 && { completed: NOTHING_TO_ADD }) };
    const answer = await deps.control.complete(plan.placementId, last, job.signal);
    if (answer.outcome === 'stored') await completeOthers(job, { control: deps.control, others, report });
    return answer;
  } catch (error) {
    pass.abort(error);
    throw error;
  } finally {
    // Only the first upload uses it, and no other one waits for its memory.
    deps.ahead?.close();
    job.signal.removeEventListener('abort', endPass);
  }
}

/** What belongs to the delivery by one plan. */
interface Delivery {
  pass: AbortController;
  /** Requests that came with the plan. */
  first: SignedRequest[] | undefined;
  inspection: Inspection;
  secondaries: Secondary[];
}

async function upload(
  job: JobContext,
  { source, isOnDisk, taken }: Content,
  plan: UploadPlan,
  deps: Deps & Delivery,
): Promise<Uploaded> {
  const { control, routeFor, ahead, onActivity, pass, first, inspection, secondaries } = deps;
  const { progress, traffic } = job;
  // A direct file is read and sent at the same time, and the source is usually the slower end.
  progress.stage = taken.way === 'direct' && !isOnDisk ? 'downloading' : 'uploading';
  progress.bytesDone = 0;
  progress.bytesTotal = source.sizeBytes;
  const { limits } = job.command;
  return uploadObject({
    source,
    partMemory: ahead ?? job.budget.partMemory,
    plan,
    secondaries,
    pass,
    routeFor,
    onActivity,
    onSent: (bytes) => {
      traffic.bytesOut += bytes;
    },
    sign: signerFor(plan, { sizeBytes: source.sizeBytes, first }, (parts) =>
      control.sign(plan, parts, pass.signal),
    ),
    onChunk: (chunk) => {
      progress.bytesDone += chunk.byteLength;
      if (!isOnDisk) traffic.bytesIn += chunk.byteLength;
      refuseLarge(progress.bytesDone, limits);
      return inspection.push?.(chunk);
    },
  });
}
