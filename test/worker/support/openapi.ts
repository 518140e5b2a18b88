/** Requests whose answers are all checked against the API's own description. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { z } from '@hono/zod-openapi';
import { createApp } from '../../../worker/app.ts';
import type { Ctx } from '../../../worker/context.ts';
import { CODE_NAMES } from '../../../worker/contract/codes.ts';
import { errorBodySchema, limitBodySchema } from '../../../worker/contract/api/envelope.ts';

/** Looks like `app.request`. Throws when an answer is not what /openapi.json says of it. */
export type CheckedFetch = (path: string, init?: RequestInit) => Promise<Response>;

interface MediaType {
  schema?: object;
}
interface Operation {
  summary: string;
  tags: string[];
  responses: Record<string, { content?: Record<string, MediaType> }>;
}
export interface OpenApiDocument {
  openapi: string;
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
  webhooks: Record<string, Record<string, Operation>>;
}

/** The app over this context, behind the check. */
export async function checkedApp(ctx: Ctx): Promise<CheckedFetch> {
  const app = createApp(ctx);
  const document = await (await app.request('/openapi.json')).json<OpenApiDocument>();
  return checkAnswers(document, async (path, init) => app.request(path, init));
}

/** Wraps any fetch. Answers of paths that the document does not list (`/internal`, unknown ones) must at least have its shape of errors. */
export function checkAnswers(document: OpenApiDocument, send: CheckedFetch): CheckedFetch {
  const judge = createJudge(document);
  return async (path, init) => {
    const response = await send(path, init);
    await judge(init?.method ?? 'GET', path, copyOf(response));
    return response;
  };
}

/** A copy that can be read while the response is sent on. The copy of a stream of events has no body: it would keep the stream open. */
function copyOf(response: Response): Response {
  const isStream = response.headers.get('Content-Type')?.startsWith('text/event-stream') === true;
  return isStream ? new Response(null, response) : response.clone();
}

function createJudge(document: OpenApiDocument) {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(document, 'api');
  const isError = ajv.compile(z.toJSONSchema(errorBodySchema(CODE_NAMES)));
  const isLimitError = ajv.compile(z.toJSONSchema(limitBodySchema(CODE_NAMES)));
  return async (method: string, path: string, response: Response): Promise<void> => {
    const name = `${method} ${path} → ${response.status}`;
    if (!response.headers.get('X-Request-Id')) throw new Error(`${name}: no X-Request-Id`);
    const template = findTemplate(document, path);
    const isRefusal = response.status === 429 ? isLimitError : isError;
    if (template === undefined) return judgeUndocumented(name, response, isRefusal);
    const verb = method === 'HEAD' ? 'get' : method.toLowerCase();
    const operation = document.paths[template]?.[verb];
    if (operation === undefined) return judgeUndocumented(name, response, isRefusal);
    const documented = operation.responses[response.status];
    if (!documented) throw new Error(`${name}: not documented`);
    const type = response.headers.get('Content-Type')?.split(';')[0] ?? '';
    if (method === 'HEAD' || response.body === null || documented.content === undefined) return;
    if (!documented.content[type] && !documented.content['*/*']) {
      throw new Error(`${name}: ${type || 'no type'} is not documented`);
    }
    if (type !== 'application/json') return;
    const pointer = ['paths', template, verb, 'responses', `${response.status}`, 'content', type, 'schema'];
    assertValid(
      name,
      ajv.compile({ $ref: `api#/${pointer.map(escapePointer).join('/')}` }),
      await response.json(),
    );
  };
}

async function judgeUndocumented(name: string, response: Response, isError: ValidateFunction): Promise<void> {
  if (!response.ok) assertValid(name, isError, await response.json());
}

function assertValid(name: string, validate: ValidateFunction, body: unknown): void {
  if (validate(body)) return;
  throw new Error(`${name}: ${JSON.stringify(validate.errors)} in ${JSON.stringify(body)}`);
}

/** `/imports/{id}` for `/imports/7`; literal paths before templates. */
function findTemplate(document: OpenApiDocument, path: string): string | undefined {
  const { pathname } = new URL(path, 'http://service.example');
  const templates = Object.keys(document.paths).sort((a, b) => a.split('{').length - b.split('{').length);
  return templates.find((template) => {
    // A media key holds slashes, which no parameter of OpenAPI may.
    const pattern = template
      .replaceAll(/[.*+?^$()|[\]\\]/g, String.raw`\$&`)
      .replace('{key}', '.+')
      .replaceAll(/\{[^}]+\}/g, '[^/]+');
    return new RegExp(`^${pattern}$`).test(pathname);
  });
}

/** JSON pointer in a URI fragment: `~`, `/`, then whatever a URI would not carry. */
function escapePointer(part: string): string {
  return encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));
}
