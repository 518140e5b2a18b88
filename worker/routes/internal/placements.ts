/** The part of `/internal` that moves a file. Only the attempt that owns the job at that moment may call it. */
import { Hono, type Context, type MiddlewareHandler } from 'hono';
import type { AttemptEnv } from '../../auth/require-attempt-token.ts';
import type { Ctx } from '../../context.ts';
import { FEATURES_HEADER, parseFeatures, type Feature } from '../../contract/downloader/features.ts';
import {
  AbortRequest,
  ArtifactRequest,
  CompleteRequest,
  SignRequest,
  type AbortAnswer,
  type CompleteAnswer,
  type PlanAnswer,
  type SecondariesAnswer,
  type SignAnswer,
} from '../../contract/downloader/report.ts';
import { chunkedLength, TRAILER_NAME } from '../../contract/encoding/aws-chunked.ts';
import { PART_CRC32_HEADER } from '../../contract/downloader/signature.ts';
import { GRANT_HEADER, MAX_PART_SIZE_BYTES } from '../../contract/downloader/upload-plan.ts';
import { AppError, invalidFields } from '../../errors.ts';
import { readJson } from '../../http/read-json.ts';
import { answerSlowWork } from '../../http/slow-answer.ts';
import { completeUpload } from '../../jobs/complete-upload.ts';
import { openFile } from '../../jobs/open-file.ts';
import { importOf } from '../../jobs/kinds/kinds.ts';
import { requireUploadAttempt } from '../../jobs/require-upload-attempt.ts';
import { abortPlacement } from '../../storage/uploads/abort-placement.ts';
import { openSecondaries } from '../../storage/uploads/open-secondaries.ts';
import { putServicePart } from '../../storage/uploads/put-service-part.ts';
import type { PartBody } from '../../storage/sites/relay-body.ts';
import { serveCopy } from '../../storage/copies/serve-copy.ts';
import { signFirstParts, signParts } from '../../storage/uploads/sign-parts.ts';

const PLACEMENT = '/jobs/:id/placements/:placement';

/** The routes. `limitJson` bounds their JSON bodies. */
export function placementRoutes(ctx: Ctx, limitJson: MiddlewareHandler): Hono<AttemptEnv> {
  const routes = new Hono<AttemptEnv>();
  const live = (c: Context<AttemptEnv, string>) => requireUploadAttempt(ctx, callerOf(c));

  routes.get('/jobs/:id/source', async (c) => {
    const header = (name: string) => c.req.header(name) ?? null;
    const conditions = { range: header('range'), ifRange: header('if-range'), ifNoneMatch: null };
    const { job } = await live(c);
    return serveCopy(ctx, { importId: importOf(job), role: 'media', ...conditions, method: 'GET' });
  });
  routes.post('/jobs/:id/artifacts', limitJson, async (c) => {
    const file = await readJson(c, ArtifactRequest);
    const plan = await openFile(ctx, { ...callerOf(c), file });
    const { attempt, token } = c.var;
    const takesRequests = featuresOf(c).has('first-requests');
    const known = { sizeBytes: file.sizeBytes, crc32: c.req.header(PART_CRC32_HEADER) };
    const requests = takesRequests && (await signFirstParts(ctx, { ...attempt, plan, ...known, token }));
    return c.json({ plan, ...(requests && { requests }) } satisfies PlanAnswer);
  });
  routes.post(`${PLACEMENT}/secondaries`, limitJson, async (c) => {
    const attempt = await live(c);
    const placementId = c.req.param('placement');
    const plans = await openSecondaries(ctx, { live: attempt, placementId });
    return c.json({ plans } satisfies SecondariesAnswer);
  });
  routes.post(`${PLACEMENT}/sign`, limitJson, async (c) => {
    const { parts } = await readJson(c, SignRequest);
    const { token } = c.var;
    const { requests, grant } = await signParts(ctx, { ...uploadOf(c), parts, token });
    const answer: SignAnswer = { requests, ...(featuresOf(c).has('grants') && { grant }) };
    return c.json(answer);
  });
  routes.put(`${PLACEMENT}/parts/:number`, async (c) => {
    const part = { ...readPart(c.req.raw), number: partNumber(c.req.param('number')) };
    const { etag } = await putServicePart(ctx, { ...uploadOf(c), part });
    return c.body(null, 200, { ETag: etag });
  });
  routes.post(`${PLACEMENT}/complete`, limitJson, async (c) => {
    const report = await readJson(c, CompleteRequest);
    const placementId = c.req.param('placement');
    const work = completeUpload(ctx, { ...callerOf(c), placementId, report });
    return answerSlowWork<CompleteAnswer>(ctx, { work, pending: { outcome: 'completing' } });
  });
  routes.post(`${PLACEMENT}/abort`, limitJson, async (c) => {
    const attempt = await live(c);
    const { failure } = await readJson(c, AbortRequest);
    const answer: AbortAnswer = await abortPlacement(ctx, {
      live: attempt,
      placementId: c.req.param('placement'),
      failure,
    });
    return c.json(answer);
  });
  return routes;
}

function featuresOf(c: Context<AttemptEnv, string>): ReadonlySet<Feature> {
  return parseFeatures(c.req.header(FEATURES_HEADER));
}

function callerOf(c: Context<AttemptEnv, string>) {
  return { ref: c.var.attempt, features: featuresOf(c) };
}

/** The upload that the path names, with the grant of the call. */
function uploadOf(c: Context<AttemptEnv, typeof PLACEMENT>) {
  const grant = c.req.header(GRANT_HEADER) ?? null;
  return { ...c.var.attempt, placementId: c.req.param('placement'), grant };
}

/** The body of a part with its length and its digest, which R2 needs before the first byte. A chunked body has no length and is refused. */
function readPart(request: Request): PartBody {
  const hasTrailer = request.headers.get('x-amz-trailer') === TRAILER_NAME;
  const lengthBytes = readLength(request, 'content-length');
  const sizeBytes = hasTrailer ? readLength(request, 'x-amz-decoded-content-length') : lengthBytes;
  const crc32 = hasTrailer ? null : (request.headers.get(PART_CRC32_HEADER) ?? '');
  if (request.body === null || sizeBytes === 0 || (hasTrailer && lengthBytes !== chunkedLength(sizeBytes))) {
    throw invalidFields([{ field: 'Content-Length', message: 'Content-Length is missing, zero or wrong' }]);
  }
  if (sizeBytes > MAX_PART_SIZE_BYTES) {
    throw new AppError('request_too_large', `The part exceeds the limit of ${MAX_PART_SIZE_BYTES} bytes.`);
  }
  if (crc32 !== null && !/^[A-Za-z0-9+/]{6}==$/.test(crc32)) {
    throw invalidFields([
      { field: PART_CRC32_HEADER, message: `${PART_CRC32_HEADER} must be 4 bytes in base64` },
    ]);
  }
  return { body: request.body, sizeBytes, crc32 };
}

/** The number in a header; 0 when there is none. */
function readLength(request: Request, header: string): number {
  const length = request.headers.get(header) ?? '';
  return /^\d{1,12}$/.test(length) ? Number(length) : 0;
}

/** S3 numbers parts from 1 to 10,000. */
function partNumber(text: string): number {
  if (/^(?:[1-9]\d{0,3}|10000)$/.test(text)) return Number(text);
  throw invalidFields([{ field: 'number', message: 'number must be from 1 to 10000' }]);
}
