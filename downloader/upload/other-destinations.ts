/** Asks the Worker about the uploads to other destinations: their plans at the start, and their completion at the end. */
import { z } from 'zod';
import type { CompleteRequest } from '../../worker/contract/downloader/report.ts';
import type { UploadPlan } from '../../worker/contract/downloader/upload-plan.ts';
import type { Failure } from '../../worker/contract/failure.ts';
import type { ControlClient } from '../control-client.ts';
import type { JobContext } from '../job-context.ts';
import { JobFailure } from '../job-failure.ts';
import type { Secondary, SecondaryParts } from './secondaries.ts';
import { signerFor } from './sign-ahead.ts';

/** For how long the end of a job waits for other destinations, in milliseconds. Some need minutes to make a large object. */
const COMPLETE_PATIENCE_MS = 60_000;

/** The destinations that take the same parts as `primary`. None when the Worker cannot say: they get copies later. */
export async function findOthers(
  job: JobContext,
  primary: UploadPlan,
  { control, sizeBytes, signal }: { control: ControlClient; sizeBytes: number | null; signal: AbortSignal },
): Promise<Secondary[]> {
  const { command } = job;
  if (command.kind !== 'import' || command.secondaries !== true) return [];
  const plans = await control.secondaries(primary.placementId, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    if (error instanceof JobFailure || error instanceof z.ZodError) return [];
    throw error;
  });
  return plans.map((plan) => ({
    plan,
    sign: signerFor(plan, { sizeBytes }, (parts) => control.sign(plan, parts, signal)),
    onFallOut: (failure) => void giveUp(job, control, plan, failure),
  }));
}

interface ToComplete {
  control: ControlClient;
  others: SecondaryParts[];
  /** What the primary upload has reported. */
  report: CompleteRequest;
}

/** Completes the uploads of the others after the primary one. Those that fail get copies later. Throws the reason of the job's signal. */
export async function completeOthers(
  job: JobContext,
  { control, others, report }: ToComplete,
): Promise<void> {
  const patience = new AbortController();
  const late = new JobFailure('storage_unavailable', 'the storage has not made the object in time');
  const timer = setTimeout(() => patience.abort(late), COMPLETE_PATIENCE_MS);
  const signal = AbortSignal.any([job.signal, patience.signal]);
  const completing = others.map(async ({ plan, parts }) => {
    try {
      await control.complete(plan.placementId, { ...report, parts }, signal);
    } catch (error) {
      if (job.signal.aborted) return;
      const failure: Failure = error instanceof JobFailure ? error.failure : { code: 'internal_error' };
      await giveUp(job, control, plan, failure);
    }
  });
  await Promise.all(completing);
  clearTimeout(timer);
  job.signal.throwIfAborted();
}

/** If the Worker does not hear it, it removes the upload after the end of the attempt. */
async function giveUp(
  { signal }: JobContext,
  control: ControlClient,
  { placementId }: UploadPlan,
  failure: Failure,
): Promise<void> {
  await control.abort(placementId, failure, signal).catch(() => undefined);
}
