/** `/metadata` and `/metadata/basic`, with the paths and shapes of Importly: what a source is, without importing it. */
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { keyIdOf, type Ctx } from '../../context.ts';
import { parseEgressAllow } from '../../contract/address-policy.ts';
import { MetadataQuery, MetadataQueued, type MetadataRequest } from '../../contract/api/metadata/request.ts';
import type { BasicMetadataView, MetadataView } from '../../contract/api/metadata/view.ts';
import { ConditionalHeaders, StartHeaders, WaitHeaders } from '../../contract/api/request-headers.ts';
import type { MetadataKind } from '../../contract/job.ts';
import { AppError } from '../../errors.ts';
import { answerOnce } from '../../http/answer-once.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { tagAnswer } from '../../http/answer-with-tag.ts';
import { rejectInvalid } from '../../http/reject-invalid.ts';
import { createMetadata } from '../../jobs/metadata/create-metadata.ts';
import { getMetadata } from '../../jobs/metadata/get-metadata.ts';
import { METADATA_SUBJECTS } from '../../views/metadata-view.ts';
import { keyErrorResponses, needsScope, needsScopeToPoll } from '../for-keys.ts';
import { withCallbackUrl } from '../imports/callback-url.ts';
import { normalizeSource } from '../imports/normalize-source.ts';
import { queuedMessage } from '../queued-message.ts';
import { okResponse, polledResponses } from '../responses.ts';
import { RESOURCES, type Resource } from './resources.ts';
import { waitIfPreferred } from '../wait-if-preferred.ts';

/** The routes, for the app to mount. */
export function metadataRoutes(ctx: Ctx): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>({ defaultHook: rejectInvalid() });
  for (const resource of RESOURCES) addRoutes(ctx, routes, resource);
  return routes;
}

function addRoutes(ctx: Ctx, routes: OpenAPIHono<AppEnv>, resource: Resource): void {
  const { kind, body, toView } = resource;
  const start = async (c: Context<AppEnv>, request: MetadataRequest) => {
    // HEAD has the handler of GET. It must change nothing, and this call makes a job that is billed.
    if (c.req.method === 'HEAD') throw new AppError('method_not_allowed');
    const { workspaceId } = c.var.principal;
    const queued = await startMetadata(ctx, c, kind, request);
    const readEnded = async (jobId: string) =>
      toView(ctx, await getMetadata(ctx, { workspaceId, jobId, kind }));
    return { success: true as const, data: await waitIfPreferred(ctx, c, { queued, readEnded }) };
  };
  routes.openapi(
    getRoute(resource),
    async (c) => c.json(await start(c, c.req.valid('query')), 200),
    rejectInvalid(MetadataQuery),
  );
  routes.openapi(
    postRoute(resource),
    async (c) => c.json(await start(c, c.req.valid('json')), 200),
    rejectInvalid(body),
  );
  routes.openapi(statusRoute(resource), async (c) => {
    const { workspaceId } = c.var.principal;
    const jobId = c.req.valid('query').id;
    const details = await getMetadata(ctx, { workspaceId, jobId, kind });
    c.set('about', { jobId });
    return c.json(await tagAnswer(c, { success: true as const, data: toView(ctx, details) }), 200);
  });
}

const STARTED = 'The request is queued; or, with `Prefer`, it has ended.';

function queuedOr(view: Resource['view']) {
  return z.union([MetadataQueued, view as z.ZodType<MetadataView | BasicMetadataView>]);
}

function getRoute({ path, subject, contents, view }: Resource) {
  return createRoute({
    method: 'get',
    path,
    summary: `Start reading ${subject}`,
    description: `${contents} Starts a job, like the same call by POST.`,
    ...needsScope('imports:write'),
    request: { query: MetadataQuery, headers: WaitHeaders },
    responses: {
      ...okResponse(STARTED, queuedOr(view)),
      ...keyErrorResponses(
        'invalid_request',
        'source_address_forbidden',
        'queue_full',
        'concurrency_limited',
        'insufficient_balance',
      ),
    },
  });
}

function postRoute({ path, subject, contents, body, view }: Resource) {
  return createRoute({
    method: 'post',
    path,
    summary: `Start reading ${subject}`,
    description: `${contents} Starts a job; its status has the result.`,
    ...needsScope('imports:write'),
    request: {
      headers: StartHeaders,
      body: { required: true, content: { 'application/json': { schema: body as typeof MetadataRequest } } },
    },
    responses: {
      ...okResponse(STARTED, queuedOr(view)),
      ...keyErrorResponses(
        'invalid_request',
        'source_address_forbidden',
        'webhook_address_forbidden',
        'request_too_large',
        'idempotency_key_reused',
        'queue_full',
        'concurrency_limited',
        'insufficient_balance',
      ),
    },
  });
}

function statusRoute({ path, subject, contents, view }: Resource) {
  return createRoute({
    method: 'get',
    path: `${path}/status` as const,
    summary: `Get ${subject}`,
    description: contents,
    ...needsScopeToPoll('imports:read'),
    request: {
      headers: ConditionalHeaders,
      query: z.object({ id: z.string().meta({ description: `The jobId of POST ${path}.` }) }),
    },
    responses: {
      ...polledResponses('The metadata.', view as z.ZodType<MetadataView | BasicMetadataView>),
      ...keyErrorResponses('invalid_request', 'job_not_found'),
    },
  });
}

/** Checks the request and creates its job, once for each Idempotency-Key. Returns the data of the answer. */
async function startMetadata(
  ctx: Ctx,
  c: Context<AppEnv>,
  kind: MetadataKind,
  body: MetadataRequest,
): Promise<MetadataQueued> {
  const data = await answerOnce(ctx, c, async (keep) => {
    const url = normalizeSource(parseEgressAllow(ctx.config.EGRESS_ALLOW), body.url);
    const request = { ...withCallbackUrl(ctx.config, body), url };
    const { principal } = c.var;
    const message = queuedMessage(METADATA_SUBJECTS[kind], request);
    const answer = (jobId: string) => ({ jobId, status: 'queued' as const, message });
    const job = await createMetadata(ctx, {
      workspaceId: principal.workspaceId,
      createdBy: keyIdOf(principal),
      kind,
      request,
      alongside: ({ id, exists }) => keep(answer(id), exists),
    });
    return answer(job.id);
  });
  c.set('about', { jobId: data.jobId });
  return data;
}
