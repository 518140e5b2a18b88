/** Test Connection: what stands between some settings and a stored import, from the name of the host to what a visitor finds. */
import type { Ctx } from '../../context.ts';
import type { ConnectionCheck, ConnectionReport } from '../../contract/api/connection-report.ts';
import type { LearnedFacts } from '../../db/destination-columns.ts';
import { AppError } from '../../errors.ts';
import { hasFailed, pass, warn, warnOf } from './connection-report.ts';
import {
  boundedCtx,
  PATIENCE,
  TEST_TEXT,
  type TestedSettings,
  type TimeLimits,
  type Trial,
} from './connection-trial.ts';
import { checkPublicUrl } from '../destinations/check-endpoint.ts';
import { customerKey } from '../names/object-key.ts';
import { plainUrl } from '../destinations/plain-url.ts';
import { presignedGet } from '../s3/presigned-get.ts';
import { PAST_CACHE, readBounded, s3Request } from '../s3/client.ts';
import { s3Error } from '../s3/error.ts';
import { s3Target, type S3Credentials, type S3Target } from '../s3/target.ts';
import { appErrorAsValue } from '../../app-error-as-value.ts';
import { findCrc32Checks, keepsFromSinglePut } from './test-checksums.ts';
import { checkNetwork } from './test-network.ts';
import { checkUploads } from './test-uploads.ts';
import { checkWrite } from './test-write.ts';
import { checkPublicAccess, type PublicAccess } from './public-access.ts';

const TEST_NAME = '.importly-connection-test';
/** Fills placeholders of the prefix: with the same id each time, so that one object is overwritten. */
const NO_JOB = '00000000-0000-0000-0000-000000000000';
/** For the one read that the link is for. */
const LINK_SECONDS = 60;

/** The report, and what it has taught; null when nothing could be stored. */
export interface ConnectionFindings {
  report: ConnectionReport;
  learned: LearnedFacts | null;
}

/** Tests settings without what is known of them. Never throws AppError: a refusal is a finding. */
export async function testConnection(
  ctx: Ctx,
  settings: TestedSettings,
  credentials: S3Credentials,
  limits: TimeLimits = PATIENCE,
): Promise<ConnectionFindings> {
  const target = s3Target({ ...settings, learned: null }, credentials);
  const network = await checkNetwork(ctx, target, { hasEndpoint: settings.endpoint !== null });
  if (hasFailed(network)) return nothingStored(network);
  const bounded = boundedCtx(ctx, limits);
  const first: Trial = { ctx: bounded.ctx, settings, target, key: testKey(ctx, settings) };
  const written = await checkWrite(first, bounded.seen);
  const checks = [...network, ...written.checks];
  if (written.target === null) return nothingStored(checks);
  const rest = await testStored({ ...first, target: written.target });
  const { region, bucket } = written.target;
  const facts = { regions: { [bucket]: region }, unsupportedHeaders: written.droppedHeaders };
  return {
    report: {
      ...rest.report,
      ok: !hasFailed(rest.report.checks),
      checks: [...checks, ...rest.report.checks],
    },
    learned: { ...facts, ...rest.learned },
  };
}

/** What can be asked once an object is there. */
async function testStored(trial: Trial): Promise<ConnectionFindings> {
  const { ctx, target } = trial;
  const checksCrc32 = target.profile.digest === 'crc32' ? true : await findCrc32Checks(trial);
  const digest = checksCrc32 ? 'crc32' : target.profile.digest;
  const uploads = await checkUploads({ ...trial, target: { ...target, digest } });
  const conditionalWrites =
    uploads.conditionalWrites && checksCrc32 ? await keepsFromSinglePut(trial) : uploads.conditionalWrites;
  const read = await checkRead(trial);
  const visitor = await visit(trial);
  const checks = [
    ...uploads.checks,
    pass('checksums', `Every part is checked by ${digest === 'crc32' ? 'CRC-32' : 'SHA-256'}.`),
    read,
    ...visitorChecks(trial.settings, visitor),
    await checkDelete(trial),
  ];
  return {
    report: {
      ok: true,
      checks,
      publiclyReadable: visitor?.publiclyReadable ?? null,
      cors: visitor?.cors ?? null,
    },
    learned: {
      canGetObject: read.status === 'pass',
      ...(checksCrc32 !== null && { checksCrc32 }),
      ...(conditionalWrites !== null && { conditionalWrites }),
      ...(visitor && { visitors: { [target.bucket]: { ...visitor, checkedAt: ctx.now() } } }),
    },
  };
}

function nothingStored(checks: ConnectionCheck[]): ConnectionFindings {
  return { report: { ok: false, checks, publiclyReadable: null, cors: null }, learned: null };
}

/** Beside the imports, so that rights on a folder alone are enough. */
function testKey(ctx: Ctx, { defaultPathPrefix }: TestedSettings): string {
  const file = { title: 'connection-test', extension: 'txt', jobId: NO_JOB, requestedAt: ctx.now() };
  const key = customerKey({ ...file, defaultPathPrefix });
  return key.slice(0, key.lastIndexOf('/') + 1) + TEST_NAME;
}

/** By a presigned link, the way in which links are handed out and files are stored elsewhere. */
async function checkRead(trial: Trial): Promise<ConnectionCheck> {
  const { presignedUrlSeconds } = trial.settings;
  const found = await appErrorAsValue(readBack(trial));
  if (found === true) return pass('read', 'The credentials can read what was stored.');
  const limit =
    presignedUrlSeconds === null
      ? 'The credentials cannot read what was stored, so it cannot be stored elsewhere from here.'
      : 'The credentials cannot read what was stored, so the presigned links that the settings ask for will be refused.';
  const hint = 'Grant s3:GetObject to these credentials if you need it; imports do not.';
  if (found instanceof AppError) return warnOf('read', found, limit, hint);
  return warn('read', `${limit} Other bytes came back.`, hint);
}

async function readBack({ ctx, target, key }: Trial): Promise<boolean> {
  const url = await presignedGet(target, key, { now: ctx.now(), seconds: LINK_SECONDS });
  let answer: Response;
  let body: string;
  try {
    answer = await ctx.fetch(url, { redirect: 'manual', ...PAST_CACHE });
    body = await readBounded(answer);
  } catch {
    throw new AppError('storage_unreachable');
  }
  const refused = s3Error(answer.status, answer.headers, body);
  if (refused) throw refused.error;
  return body === TEST_TEXT;
}

async function visit({ ctx, settings, target, key }: Trial): Promise<PublicAccess | null> {
  const { publicBaseUrl } = settings;
  // The operator may have closed its host since it was saved.
  if (publicBaseUrl !== null && isClosed(ctx, publicBaseUrl)) return null;
  return checkPublicAccess(
    ctx,
    plainUrl({ ...settings, learned: regionsOf(target) }, { bucket: target.bucket, key }),
  );
}

function regionsOf({ bucket, region }: S3Target): LearnedFacts {
  return { regions: { [bucket]: region } };
}

function isClosed({ config }: Ctx, publicBaseUrl: string): boolean {
  try {
    checkPublicUrl(config, publicBaseUrl);
    return false;
  } catch (error) {
    if (error instanceof AppError) return true;
    throw error;
  }
}

function visitorChecks(
  { presignedUrlSeconds }: TestedSettings,
  visitor: PublicAccess | null,
): ConnectionCheck[] {
  if (visitor === null) {
    const message = 'The public URL of the test object did not answer.';
    return [warn('visitors', message, 'Check publicBaseUrl, or the endpoint.')];
  }
  return [readableCheck(visitor, presignedUrlSeconds !== null), corsCheck(visitor)];
}

function readableCheck({ publiclyReadable }: PublicAccess, isPresigned: boolean): ConnectionCheck {
  if (publiclyReadable) return pass('visitors', 'Anybody can read the files by their URL.');
  if (isPresigned) return pass('visitors', 'Only who has a presigned link can read the files.');
  const hint =
    'If visitors shall read them: allow it by a bucket policy, set publicBaseUrl to a CDN such as CloudFront, or presignedUrlSeconds for links that expire.';
  return warn(
    'visitors',
    'Visitors cannot read the files: their URL refuses anybody without credentials.',
    hint,
  );
}

function corsCheck({ cors }: PublicAccess): ConnectionCheck {
  if (cors) return pass('cors', 'Pages of any origin can read the files in a browser.');
  const message = 'The scripts of a page of any origin cannot read the files in a browser.';
  const hint =
    'If they shall: add a CORS rule for GET to the bucket. Rules for your own origins alone are not seen by this test.';
  return warn('cors', message, hint);
}

async function checkDelete({ ctx, target, key }: Trial): Promise<ConnectionCheck> {
  const deleted = await appErrorAsValue(s3Request(ctx, target, { method: 'DELETE', key, maxTries: 2 }));
  if (!(deleted instanceof AppError)) return pass('delete', 'The test object was deleted.');
  const hint = 'Delete it yourself if it is in the way; imports need no s3:DeleteObject.';
  return warnOf('delete', deleted, `The test object ${key} stays in the bucket.`, hint);
}
