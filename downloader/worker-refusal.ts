/** Error answers of the Worker, read in one place. Only for answers that came from the Worker itself. */
import { z } from 'zod';
import { CODES } from '../worker/contract/codes.ts';
import { FailureCode } from '../worker/contract/failure.ts';
import { JobFailure } from './job-failure.ts';

const ErrorEnvelope = z.object({ code: FailureCode, error: z.string() });
type ErrorEnvelope = z.infer<typeof ErrorEnvelope>;

/**
 * The failure that the Worker's error envelope means for the attempt. Null when the body is no envelope, and for
 * `internal_error`: then the HTTP status decides.
 */
export function workerRefusal(body: string): JobFailure | null {
  const envelope = readEnvelope(body);
  if (!envelope || envelope.code === 'internal_error') return null;
  const { code } = envelope;
  if (code === 'cancel_requested') return new JobFailure('canceled');
  if (code === 'unauthorized' || code === 'job_not_found') return new JobFailure('stale');
  return new JobFailure(code, detailOf(envelope));
}

/** What the Worker says beyond the code's own sentence. */
function detailOf({ code, error }: ErrorEnvelope): string | undefined {
  return error === CODES[code].message ? undefined : error;
}

function readEnvelope(body: string): ErrorEnvelope | null {
  try {
    return ErrorEnvelope.parse(JSON.parse(body));
  } catch {
    return null;
  }
}
