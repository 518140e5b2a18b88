/** Builds the answers in route definitions. */
import type { z } from '@hono/zod-openapi';
import {
  balanceBodySchema,
  errorBodySchema,
  limitBodySchema,
  successBody,
} from '../contract/api/envelope.ts';
import { TagHeaders } from '../contract/api/request-headers.ts';
import { CODES, type Code } from '../contract/codes.ts';

/** Codes that every route can answer with. */
const ALWAYS = ['internal_error', 'database_overloaded'] as const satisfies Code[];

/** Statuses whose bodies have further members. */
const BODY_SCHEMAS: Record<number, typeof errorBodySchema> = { 402: balanceBodySchema, 429: limitBodySchema };

/** A 200 answer with this data. */
export function okResponse<Data extends z.ZodType>(description: string, data: Data) {
  return { 200: { description, content: { 'application/json': { schema: successBody(data) } } } };
}

/** The answers of a status that clients poll: 200 with this data, or 304. */
export function polledResponses<Data extends z.ZodType>(description: string, data: Data) {
  const { 200: ok } = okResponse(description, data);
  return {
    200: { ...ok, headers: TagHeaders },
    304: { description: 'Nothing has changed since the answer with this ETag.', headers: TagHeaders },
  };
}

/** The error answers of a route: one for each HTTP status, listing the codes with that status. */
export function errorResponses(...codes: Code[]) {
  const byStatus = Map.groupBy([...codes, ...ALWAYS], (code) => CODES[code].status);
  return Object.fromEntries([...byStatus].map(([status, group]) => [status, errorResponse(status, group)]));
}

function errorResponse(status: number, codes: Code[]) {
  const [first, ...rest] = codes;
  if (first === undefined) throw new Error('an error response needs a code');
  const description = codes.map((code) => `\`${code}\`: ${CODES[code].message}`).join('\n\n');
  const bodySchema = BODY_SCHEMAS[status] ?? errorBodySchema;
  const schema = bodySchema([first, ...rest]);
  return { description, content: { 'application/json': { schema } } };
}
