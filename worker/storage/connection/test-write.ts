/** Stores one object with the headers of a real upload, and explains a refusal. */
import type { Code } from '../../contract/codes.ts';
import { AppError } from '../../errors.ts';
import type { SeenClock, Trial } from './connection-trial.ts';
import { TEST_TEXT, TEST_TYPE } from './connection-trial.ts';
import type { CheckName, ConnectionCheck } from '../../contract/api/storage/connection-report.ts';
import { fail, pass, warn } from './connection-report.ts';
import { CLASS_HEADER, extraRights, splitHeaders, UPLOAD_HEADER } from '../s3/object-headers.ts';
import { s3Request, type S3Answer } from '../s3/client.ts';
import { inRegion, type S3Target } from '../s3/target.ts';
import { appErrorAsValue } from '../../app-error-as-value.ts';

export interface WriteResult {
  checks: ConnectionCheck[];
  /** The target with the region that the storage accepted. Null when the object could not be stored. */
  target: S3Target | null;
  /** Names of the settings' headers that the provider refused. */
  droppedHeaders: string[];
}

/** One temporary failure of the storage is ignored. A person waits, so there are no more tries. */
const MAX_TRIES = 2;
/** Minutes of clock difference that give a warning. S3 refuses requests from 15 minutes on. */
const SKEW_MINUTES = 5;
const MINUTE_MS = 60_000;

/** The check that a code belongs to. All other codes belong to `write`. */
const CHECK_BY_CODE: Partial<Record<Code, CheckName>> = {
  storage_unreachable: 'endpoint',
  storage_unavailable: 'endpoint',
  storage_not_s3: 'endpoint',
  storage_credentials_invalid: 'credentials',
  storage_bucket_not_found: 'bucket',
  storage_region_mismatch: 'region',
  storage_clock_skewed: 'clock',
};

/** Stores the test object. */
export async function checkWrite(trial: Trial, seen: SeenClock): Promise<WriteResult> {
  const { sent } = trial.target.object;
  const answer = await appErrorAsValue(put(trial, sent));
  if (answer instanceof AppError)
    return { checks: await explain(trial, answer, seen), target: null, droppedHeaders: [] };
  if (!answer.headers.has('etag')) {
    const error = new AppError('storage_not_s3', 'the answer has no ETag');
    return { checks: [fail('endpoint', error)], target: null, droppedHeaders: [] };
  }
  const { droppedHeaders } = answer;
  const target = inRegion({ ...trial.target, object: leftOut(trial.target, droppedHeaders) }, answer.region);
  const checks = [
    pass('endpoint', `${target.profile.name} answers at ${target.endpoint.host}.`),
    ...clockCheck(seen),
    pass('credentials', 'The storage accepts the credentials.'),
    pass('bucket', `The bucket ${target.bucket} exists.`),
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
    return `Check the region: ${settings.region} may not exist.`;
  if (code === 'storage_bucket_not_found')
    return `Create the bucket ${target.bucket}, or correct its name. Names are case-sensitive, and a bucket belongs to one region of one account.`;
  return undefined;
}

/** Stores a plain object to find out whether the settings need more permissions than s3:PutObject. */
async function whyDenied(trial: Trial, error: AppError): Promise<[AppError, string?]> {
  const { sent } = trial.target.object;
  const rights = extraRights(sent);
  const storageClass = sent[CLASS_HEADER];
  const plain = storageClass === undefined ? {} : { [CLASS_HEADER]: storageClass };
  if (rights.length > 0 && !((await appErrorAsValue(put(trial, plain))) instanceof AppError)) {
    const list = rights.join(' and ');
    const detail = `${error.message}; an object without these settings was stored`;
    return [
      new AppError(error.code, detail),
      `Grant ${list} to these credentials, or remove the settings that need these permissions.`,
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
  return [
    warn(
      'clock',
      message,
      'Set the clock with NTP. S3 refuses requests when the clocks differ by 15 minutes or more.',
    ),
  ];
}

function withSkew(error: AppError, { skewMs }: SeenClock): AppError {
  if (skewMs === null) return error;
  const minutes = Math.round(Math.abs(skewMs) / MINUTE_MS);
  return new AppError(
    error.code,
    `the clock of the storage is ${minutes} minutes ${skewMs > 0 ? 'ahead' : 'behind'}`,
  );
}

function regionCheck({ settings }: Trial, region: string): ConnectionCheck {
  if (region === settings.region) return pass('region', `The region is ${region}.`);
  const message = `The region is ${region}, not ${settings.region} as in the settings. Imports use ${region}.`;
  return warn('region', message, `Set the region to ${region}.`, 'storage_region_mismatch');
}

function leftOut({ object }: S3Target, names: string[]): S3Target['object'] {
  const sent = Object.entries(object.sent).filter(([name]) => !names.includes(name));
  return { sent: Object.fromEntries(sent), omitted: [...object.omitted, ...names] };
}

function omittedCheck(name: string): ConnectionCheck {
  const message = `The storage does not support ${name}: objects are stored without it.`;
  return warn('headers', message, 'Remove the setting, or set it on the bucket at the provider.');
}
