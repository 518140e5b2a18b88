/** The failure of a refused part, and whether another try can help. Pure. */
import type { Code } from '../../worker/contract/codes.ts';
import { codeOfS3Code } from '../../worker/contract/s3-error-codes.ts';
import { JobFailure } from '../job-failure.ts';
import { workerRefusal } from '../worker-refusal.ts';

/**
 * The failure of a part that a storage refused. `body` is the start of its answer; only the `<Code>` of S3's XML counts,
 * never an error code of this service, with which a customer's server could stop or repeat jobs.
 */
export function failureOfStorageAnswer(status: number, body: string): JobFailure {
  const s3Code = /<Code>([A-Za-z0-9._-]{1,64})<\/Code>/.exec(body)?.[1];
  // Most servers have no error code of their own for an expired signature.
  if (status === 403 && /<Message>Request has expired/i.test(body))
    return new JobFailure('storage_unavailable', 'the signature had expired');
  return new JobFailure(
    codeOfS3Code(s3Code) ?? codeOfStatus(status),
    s3Code ? `HTTP ${status} ${s3Code}` : `HTTP ${status}`,
  );
}

/** The failure of a part that the Worker refused on its way into service storage. */
export function failureOfWorkerAnswer(status: number, body: string): JobFailure {
  const refused = workerRefusal(body);
  if (refused?.failure.code === 'digest_mismatch')
    return new JobFailure('storage_digest_mismatch', `HTTP ${status}`);
  return refused ?? new JobFailure(codeOfStatus(status), `HTTP ${status}`);
}

function codeOfStatus(status: number): Code {
  // The storage does not implement a header of the request.
  if (status === 501) return 'storage_rejected';
  if (status >= 500 || status === 429 || status === 408) return 'storage_unavailable';
  if (status === 403 || status === 401) return 'storage_access_denied';
  if (status >= 300 && status < 400) return 'storage_region_mismatch';
  return 'storage_rejected';
}

/** Temporary failures: all tries are used. */
const TEMPORARY: readonly Code[] = ['storage_unavailable', 'storage_unreachable', 'storage_digest_mismatch'];
/** A new signature helps if the old one was late or its keys have been replaced: one more try. */
const WORTH_SIGNING_AGAIN: readonly Code[] = ['storage_credentials_invalid', 'storage_clock_skewed'];

/** True when the part may be accepted with a new signature. `tries` counts how often it was sent. */
export function mayTryPartAgain({ failure: { code } }: JobFailure, tries: number): boolean {
  return TEMPORARY.includes(code) || (tries === 1 && WORTH_SIGNING_AGAIN.includes(code));
}
