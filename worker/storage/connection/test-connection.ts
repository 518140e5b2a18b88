/** Test Connection: checks everything that an import needs, from the host name to the public access of the object. */
import type { Ctx } from '../../context.ts';
import type { ConnectionCheck, ConnectionReport } from '../../contract/api/storage/connection-report.ts';
import type { LearnedFacts } from '../../db/destination-columns.ts';
import { AppError } from '../../errors.ts';
import { hasFailed, makeCheckList, pass, warn, warnOf, type CheckList } from './connection-report.ts';
import {
  boundedCtx,
  PATIENCE,
  TEST_TEXT,
  type TestedSettings,
  type TimeLimits,
  type Trial,
} from './connection-trial.ts';
import { checkPublicUrl } from '../destinations/check-endpoint.ts';
import { hostOf, verdictFact } from '../destinations/endpoint-verdict.ts';
import { customerKey } from '../names/object-key.ts';
import { plainUrl } from '../destinations/plain-url.ts';
import { presignedGet } from '../s3/presigned-get.ts';
import { PAST_CACHE, readBounded, s3Request } from '../s3/client.ts';
import { s3Error } from '../s3/error.ts';
import { s3Target, type S3Credentials, type S3Target } from '../s3/target.ts';
import { appErrorAsValue } from '../../app-error-as-value.ts';
import { findChecksums, protectsFromSinglePut, type ChecksumFindings } from './test-checksums.ts';
import { checkNetwork } from './test-network.ts';
import { checkUploads } from './test-uploads.ts';
import { checkWrite } from './test-write.ts';
import { checkPublicAccess, type PublicAccess } from './public-access.ts';

const TEST_NAME = '.importly-connection-test';
/** The job id for placeholders of the prefix. It is always the same, so that each test overwrites the same object. */
const NO_JOB = '00000000-0000-0000-0000-000000000000';
/** Nothing to find out at a provider whose documentation promises it. */
const KNOWN_TO_CHECK: ChecksumFindings = { crc32: true, trailers: null };
/** How long the link of the read test is valid. */
const LINK_SECONDS = 60;

/** The report and the learned facts; `learned` is null when there are none. */
export interface ConnectionFindings {
  report: ConnectionReport;
  learned: LearnedFacts | null;
}

export interface TestOptions {
  limits?: TimeLimits;
  /** Is told about each check as it ends. */
  onCheck?: ((check: ConnectionCheck) => void) | undefined;
}

/** Tests settings, ignoring facts that were learned before, except that a host was refused. Never throws AppError: the report has each refusal. */
export async function testConnection(
  ctx: Ctx,
  settings: TestedSettings,
  credentials: S3Credentials,
  { limits = PATIENCE, onCheck }: TestOptions = {},
): Promise<ConnectionFindings> {
  const target = s3Target({ ...settings, learned: null }, credentials);
  const hasEndpoint = settings.endpoint !== null;
  const checks = makeCheckList(onCheck);
  const { checks: network, verdict } = await checkNetwork(ctx, target, {
    hasEndpoint,
    known: settings.learned,
  });
  checks.add(network);
  const known = hasEndpoint && verdict !== null ? verdictFact(ctx, hostOf(target), verdict) : null;
  if (hasFailed(network)) return nothingStored(network, known);
  const bounded = boundedCtx(ctx, limits);
  const first: Trial = { ctx: bounded.ctx, settings, target, key: testKey(ctx, settings) };
  const written = await checkWrite(first, bounded.seen);
  checks.add(written.checks);
  if (written.target === null) return nothingStored(checks.all, known);
  const rest = await testStored({ ...first, target: written.target }, checks);
  const { region, bucket } = written.target;
  const facts = { regions: { [bucket]: region }, unsupportedHeaders: written.droppedHeaders };
  return { ...rest, learned: { ...known, ...facts, ...rest.learned } };
}

/** The checks that need a stored object. */
async function testStored(trial: Trial, checks: CheckList): Promise<ConnectionFindings> {
  const { ctx, target } = trial;
  const isKnown = target.profile.digest !== 'sha256';
  const { crc32: checksCrc32, trailers } = isKnown ? KNOWN_TO_CHECK : await findChecksums(trial);
  const found = trailers ? 'crc32-trailer' : checksCrc32 ? 'crc32' : 'sha256';
  const digest = isKnown ? target.digest : found;
  const uploads = await checkUploads({ ...trial, target: { ...target, digest } });
  const conditionalWrites =
    uploads.conditionalWrites && checksCrc32 ? await protectsFromSinglePut(trial) : uploads.conditionalWrites;
  checks.add(uploads.checks);
  const digestName = digest === 'sha256' ? 'SHA-256' : 'CRC-32';
  checks.add([pass('checksums', `The storage verifies every part with ${digestName}.`)]);
  const read = await checkRead(trial);
  checks.add([read]);
  const visitor = await visit(trial);
  checks.add(visitorChecks(trial.settings, visitor));
  checks.add([await checkDelete(trial)]);
  return {
    report: {
      ok: !hasFailed(checks.all),
      checks: checks.all,
      publiclyReadable: visitor?.publiclyReadable ?? null,
      cors: visitor?.cors ?? null,
    },
    learned: {
      canGetObject: read.status === 'pass',
      ...(checksCrc32 !== null && { checksCrc32 }),
      ...(trailers !== null && { checksTrailers: trailers }),
      ...(conditionalWrites !== null && { conditionalWrites }),
      ...(visitor && { visitors: { [target.bucket]: { ...visitor, checkedAt: ctx.now() } } }),
    },
  };
}

function nothingStored(checks: ConnectionCheck[], learned: LearnedFacts | null): ConnectionFindings {
  return { report: { ok: false, checks, publiclyReadable: null, cors: null }, learned };
}

/** The test object is in the folder of the imports, so that permissions for that folder are enough. */
function testKey(ctx: Ctx, { defaultPathPrefix }: TestedSettings): string {
  const file = { title: 'connection-test', extension: 'txt', jobId: NO_JOB, requestedAt: ctx.now() };
  const key = customerKey({ ...file, defaultPathPrefix });
  return key.slice(0, key.lastIndexOf('/') + 1) + TEST_NAME;
}

/** Reads by a presigned link, as clients and store jobs do. */
async function checkRead(trial: Trial): Promise<ConnectionCheck> {
  const { presignedUrlSeconds } = trial.settings;
  const found = await appErrorAsValue(readBack(trial));
  if (found === true) return pass('read', 'The credentials can read stored objects.');
  const limit =
    presignedUrlSeconds === null
      ? 'The credentials cannot read stored objects, so files cannot be copied from this bucket to another destination.'
      : 'The credentials cannot read stored objects, so the storage will refuse the presigned links that the settings ask for.';
  const hint = 'Grant s3:GetObject to these credentials if you need this. Imports work without it.';
  if (found instanceof AppError) return warnOf('read', found, limit, hint);
  return warn('read', `${limit} The storage returned other bytes.`, hint);
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
  // The operator may no longer allow the host.
  if (publicBaseUrl !== null && isForbidden(ctx, publicBaseUrl)) return null;
  return checkPublicAccess(
    ctx,
    plainUrl({ ...settings, learned: regionsOf(target) }, { bucket: target.bucket, key }),
  );
}

function regionsOf({ bucket, region }: S3Target): LearnedFacts {
  return { regions: { [bucket]: region } };
}

function isForbidden({ config }: Ctx, publicBaseUrl: string): boolean {
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
  if (isPresigned) return pass('visitors', 'Only people who have a presigned link can read the files.');
  const hint =
    'To let visitors read the files, allow it with a bucket policy, set publicBaseUrl to a CDN such as CloudFront, or set presignedUrlSeconds for links that expire.';
  return warn('visitors', 'Visitors cannot read the files: their URLs need credentials.', hint);
}

function corsCheck({ cors }: PublicAccess): ConnectionCheck {
  if (cors) return pass('cors', 'Web pages of any origin can read the files in a browser.');
  const message = 'Web pages of other origins cannot read the files in a browser.';
  const hint =
    'To allow it, add a CORS rule for GET to the bucket. This test does not see rules for specific origins.';
  return warn('cors', message, hint);
}

async function checkDelete({ ctx, target, key }: Trial): Promise<ConnectionCheck> {
  const deleted = await appErrorAsValue(s3Request(ctx, target, { method: 'DELETE', key, maxTries: 2 }));
  if (!(deleted instanceof AppError)) return pass('delete', 'The test object was deleted.');
  const hint = 'Delete it yourself if you do not want to keep it. Imports do not need s3:DeleteObject.';
  return warnOf('delete', deleted, `The test object ${key} stays in the bucket.`, hint);
}
