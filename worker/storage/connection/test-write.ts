/** The check that decides: one object is put with the very headers of a real upload, and the answer is explained. */
import type { Code } from '../../contract/codes.ts';
import { AppError } from '../../errors.ts';
import type { SeenClock, Trial } from './connection-trial.ts';
import { TEST_TEXT, TEST_TYPE } from './connection-trial.ts';
import type { CheckName, ConnectionCheck } from '../../contract/api/connection-report.ts';
import { fail, pass, warn } from './connection-report.ts';
import { CLASS_HEADER, extraRights, splitHeaders, UPLOAD_HEADER } from '../s3/object-headers.ts';
import { s3Request, type S3Answer } from '../s3/client.ts';
import { inRegion, type S3Target } from '../s3/target.ts';
import { appErrorAsValue } from '../../app-error-as-value.ts';

export interface WriteResult {
  checks: ConnectionCheck[];
  /** Where further requests go: the region as the storage has corrected it. Null when nothing could be written. */
  target: S3Target | null;
  /** Names of the settings' headers that the provider refused. */
  droppedHeaders: string[];
}

/** Two tries: a page waits, and one stumble of the storage is no finding. */
const MAX_TRIES = 2;
/** From here on a clock deserves a word, in minutes; S3 refuses from 15 on. */
const SKEW_MINUTES = 5;
const MINUTE_MS = 60_000;

/** What a refusal is about, where it is not about writing. */
const CHECK_BY_CODE: Partial<Record<Code, CheckName>> = {
  storage_unreachable: 'endpoint',
  storage_unavailable: 'endpoint',
  storage_not_s3: 'endpoint',
  storage_credentials_invalid: 'credentials',
  storage_bucket_not_found: 'bucket',
  storage_region_mismatch: 'region',
  storage_clock_skewed: 'clock',
};

/** Puts the test object. */
export async function checkWrite(trial: Trial, seen: SeenClock): Promise<WriteResult> {
  const { sent } = trial.target.object;
  const answer = await appErrorAsValue(put(trial, sent));
  if (answer instanceof AppError)
    return { checks: await explain(trial, answer, seen), target: null, droppedHeaders: [] };
  if (!answer.headers.has('etag')) {
    const error = new AppError('storage_not_s3', 'it takes objects without an ETag');
    return { checks: [fail('endpoint', error)], target: null, droppedHeaders: [] };
  }
  const { droppedHeaders } = answer;
  const target = inRegion({ ...trial.target, object: leftOut(trial.target, droppedHeaders) }, answer.region);
  const checks = [
    pass('endpoint', `${target.profile.name} answers at ${target.endpoint.host}.`),
    ...clockCheck(seen),
    pass('credentials', 'The storage accepts the credentials.'),
    pass('bucket', `The bucket ${target.bucket} is there.`),
    regionCheck(trial, answer.region),
    pass('write', `An object was stored as ${trial.key}.`),
    ...target.object.omitted.map((name) => omittedCheck(name)),
  ];
  return { checks, target, droppedHeaders };
}

function put({ ctx, target, key }: Trial, headers: Record<string, string>): Promise<S3Answer> {
  const { needed, optional } = splitHeaders(headers);
  return s3Request(ctx, target, {
    method: 'PUT',
    key,
    headers: { 'content-type': TEST_TYPE, ...needed, [UPLOAD_HEADER]: ctx.newId() },
    optionalHeaders: optional,
    body: TEST_TEXT,
    maxTries: MAX_TRIES,
  });
}

async function explain(trial: Trial, error: AppError, seen: SeenClock): Promise<ConnectionCheck[]> {
  if (error.code === 'storage_clock_skewed') return [fail('clock', withSkew(error, seen))];
  const name = CHECK_BY_CODE[error.code];
  if (name !== undefined) return [fail(name, error, hintOf(trial, error.code))];
  if (error.code !== 'storage_access_denied') return [fail('write', error)];
  return [fail('write', ...(await whyDenied(trial, error)))];
}

function hintOf({ settings, target }: Trial, code: Code): string | undefined {
  if (code === 'storage_unreachable' && settings.endpoint === null)
    return `Check the region: there may be none called ${settings.region}.`;
  if (code === 'storage_bucket_not_found')
    return `Create the bucket ${target.bucket}, or correct its name: it is case-sensitive, and belongs to one region of one account.`;
  return undefined;
}

/** Some settings need more rights than the policy that people copy: whether it is that, a plain object tells. */
async function whyDenied(trial: Trial, error: AppError): Promise<[AppError, string?]> {
  const { sent } = trial.target.object;
  const rights = extraRights(sent);
  const storageClass = sent[CLASS_HEADER];
  const plain = storageClass === undefined ? {} : { [CLASS_HEADER]: storageClass };
  if (rights.length > 0 && !((await appErrorAsValue(put(trial, plain))) instanceof AppError)) {
    const list = rights.join(' and ');
    const detail = `${error.message}; an object without these settings was taken`;
    return [
      new AppError(error.code, detail),
      `Grant ${list} to these credentials, or remove the settings that need it.`,
    ];
  }
  if (trial.settings.expectedBucketOwner)
    return [
      error,
      'Grant s3:PutObject on the bucket to these credentials, and check that expectedBucketOwner is its account.',
    ];
  return [error];
}

function clockCheck({ skewMs }: SeenClock): ConnectionCheck[] {
  if (skewMs === null) return [];
  const minutes = Math.round(Math.abs(skewMs) / MINUTE_MS);
  if (minutes < SKEW_MINUTES) return [pass('clock', 'The clocks agree.')];
  const message = `The clock of the storage is ${minutes} minutes ${skewMs > 0 ? 'ahead' : 'behind'}.`;
  return [warn('clock', message, 'Set it by NTP: from 15 minutes on requests are refused.')];
}

function withSkew(error: AppError, { skewMs }: SeenClock): AppError {
  if (skewMs === null) return error;
  const minutes = Math.round(Math.abs(skewMs) / MINUTE_MS);
  return new AppError(
    error.code,
    `that of the storage is ${minutes} minutes ${skewMs > 0 ? 'ahead' : 'behind'}`,
  );
}

function regionCheck({ settings }: Trial, region: string): ConnectionCheck {
  if (region === settings.region) return pass('region', `The region is ${region}.`);
  const message = `The region is ${region}, not ${settings.region} as in the settings; imports use the right one.`;
  return warn('region', message, `Set the region to ${region}.`, 'storage_region_mismatch');
}

function leftOut({ object }: S3Target, names: string[]): S3Target['object'] {
  const sent = Object.entries(object.sent).filter(([name]) => !names.includes(name));
  return { sent: Object.fromEntries(sent), omitted: [...object.omitted, ...names] };
}

function omittedCheck(name: string): ConnectionCheck {
  const message = `The storage does not take ${name}: objects are stored without it.`;
  return warn('headers', message, 'Remove the setting, or set it on the bucket at the provider.');
}
