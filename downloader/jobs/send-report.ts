/** The final report of an attempt, in words that the Worker takes: an attempt without a report would count as a crash. */
import type { Directive } from '../../worker/contract/downloader/report.ts';
import type { Description } from '../../worker/contract/downloader/metadata.ts';
import type { Playlist } from '../../worker/contract/downloader/playlist.ts';
import { failure as failureOf, type Failure } from '../../worker/contract/failure.ts';
import type { SourceReport } from '../../worker/contract/media.ts';
import type { ControlClient } from '../control-client.ts';
import { JobFailure } from '../job-failure.ts';

/** The failure is null when the file is stored, the source is described, or the playlist is read. */
export interface Result {
  failure: Failure | null;
  description?: Description;
  playlist?: Playlist;
  /** The answer of the Worker, if an earlier call has carried the report. */
  answered?: Directive | null;
}

export interface Outcome extends Result {
  taken: SourceReport | null;
}

/** Returns the failure that the Worker has taken down, or null. Throws when no report was taken. */
export async function sendReport(
  control: ControlClient,
  { failure, taken, answered, ...result }: Outcome,
  signal: AbortSignal,
): Promise<Failure | null> {
  if (failure) return sendFailure(control, { failure, taken }, signal);
  try {
    const directive = answered ?? (await control.completed({ warnings: [], ...result }, signal));
    if (directive !== 'cancel') return null;
  } catch (error) {
    return sendFailure(control, { failure: refusalOf(error), taken }, signal);
  }
  // A cancel request arrived before the report: the job ends when this attempt reports the cancelation.
  return sendFailure(control, { failure: { code: 'canceled' }, taken }, signal);
}

/** A report that the Worker refuses is sent again without what it may not understand: details first, then the code. */
async function sendFailure(
  control: ControlClient,
  { failure, taken }: { failure: Failure; taken: SourceReport | null },
  signal: AbortSignal,
): Promise<Failure> {
  const reports = [
    { failure, taken },
    { failure: { code: failure.code }, taken: null },
    { failure: { code: 'internal_error' as const }, taken: null },
  ];
  let refusal: unknown;
  for (const report of reports) {
    try {
      await control.failed(report.failure, report.taken, signal);
      return report.failure;
    } catch (error) {
      if (!isRefused(error)) throw error;
      refusal = error;
    }
  }
  throw refusal;
}

/** Why the Worker did not take the result. Throws any error that is not a refusal. */
function refusalOf(error: unknown): Failure {
  if (!(error instanceof JobFailure) || error.failure.code === 'stale') throw error;
  const { failure } = error;
  return isRefused(error)
    ? failureOf('internal_error', `the Worker refused the result: ${failure.detail ?? failure.code}`)
    : failure;
}

/** Another report of the same attempt may still be accepted. */
function isRefused(error: unknown): boolean {
  return (
    error instanceof JobFailure &&
    ['invalid_request', 'request_too_large', 'internal_error'].includes(error.failure.code)
  );
}
