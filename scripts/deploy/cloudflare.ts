/** Questions to Cloudflare's API with wrangler's own sign-in. It changes nothing: that is wrangler's work. */
import { z } from 'zod';
import { StartProblem } from '../lib/problem.ts';
import type { Wrangler } from './wrangler.ts';

const DEFAULT_BASE_URL = 'https://api.cloudflare.com/client/v4';
/** Cloudflare answers in well under a second; a database that wakes up takes a few. */
const TIMEOUT_MS = 30_000;

/** A bucket; a Worker or the workers.dev subdomain, in both of its codes. */
const NOT_THERE = new Set([10_006, 10_007, 10_090]);

const Token = z.union([
  z.object({ type: z.enum(['oauth', 'api_token']), token: z.string() }),
  z.object({ type: z.literal('api_key'), key: z.string(), email: z.string() }),
]);
const Envelope = z.object({
  success: z.boolean(),
  errors: z.array(z.object({ code: z.number(), message: z.string() })).default([]),
  result: z.unknown(),
});

export interface Cloudflare {
  /** GET below the account; null when Cloudflare says that it is not there. */
  get<T>(path: string, schema: z.ZodType<T>): Promise<T | null>;
  /** The rows of one SELECT. */
  select<T>(databaseId: string, sql: string, params: (string | number)[], row: z.ZodType<T>): Promise<T[]>;
}

/** A request below the API's base address; null when Cloudflare says that what was asked for is not there. */
export type Ask = (path: string, init?: RequestInit) => Promise<z.infer<typeof Envelope> | null>;

/** Takes wrangler's sign-in; throws a StartProblem when there is none. */
export async function openApi(wrangler: Wrangler, env: NodeJS.ProcessEnv): Promise<Ask> {
  const headers = authorization(await readToken(wrangler));
  const base = env.CLOUDFLARE_API_BASE_URL ?? DEFAULT_BASE_URL;
  return async (path, init = {}) => {
    const response = await request(`${base}${path}`, {
      ...init,
      headers: { ...headers, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return readEnvelope(path, response);
  };
}

/** The questions about one account. */
export function inAccount(ask: Ask, accountId: string): Cloudflare {
  const base = `/accounts/${accountId}`;
  return {
    get: async (path, schema) => {
      const found = await ask(`${base}${path}`);
      return found === null ? null : readResult(path, schema, found.result);
    },
    select: async (databaseId, sql, params, row) => {
      const path = `/d1/database/${databaseId}/query`;
      const found = await ask(`${base}${path}`, { method: 'POST', body: JSON.stringify({ sql, params }) });
      const answer = z.array(z.object({ results: z.array(row) }));
      return readResult(path, answer, found?.result ?? [])[0]?.results ?? [];
    },
  };
}

/** The accounts that the sign-in sees. */
export async function listAccounts(ask: Ask): Promise<{ id: string; name: string }[]> {
  const found = await ask('/accounts?per_page=50');
  const account = z.object({ id: z.string(), name: z.string() });
  return found === null ? [] : readResult('/accounts', z.array(account), found.result);
}

async function readToken(wrangler: Wrangler): Promise<z.infer<typeof Token>> {
  try {
    return Token.parse(JSON.parse((await wrangler('auth', 'token', '--json')).stdout));
  } catch (error) {
    const reason = error instanceof StartProblem ? ` (${error.message})` : '';
    throw new StartProblem(
      `wrangler is not signed in: run npx wrangler login, or set CLOUDFLARE_API_TOKEN${reason}.`,
    );
  }
}

function authorization(token: z.infer<typeof Token>): Record<string, string> {
  if (token.type === 'api_key') return { 'x-auth-key': token.key, 'x-auth-email': token.email };
  return { authorization: `Bearer ${token.token}` };
}

async function request(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    const cause =
      error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : '';
    throw new StartProblem(`Cloudflare's API cannot be reached (${cause}); check the network.`);
  }
}

async function readEnvelope(path: string, response: Response): Promise<z.infer<typeof Envelope> | null> {
  const body = Envelope.safeParse(await response.json().catch(() => null));
  if (!body.success)
    throw new StartProblem(`Cloudflare answered ${path} with ${response.status} and no JSON that is known.`);
  if (body.data.success) return body.data;
  const [error] = body.data.errors;
  if (error !== undefined && NOT_THERE.has(error.code)) return null;
  throw new StartProblem(
    `Cloudflare refused ${path}: ${error?.message ?? 'no reason given'} [${error?.code ?? response.status}].`,
  );
}

function readResult<T>(path: string, schema: z.ZodType<T>, result: unknown): T {
  const parsed = schema.safeParse(result);
  if (parsed.success) return parsed.data;
  throw new StartProblem(
    `Cloudflare answered ${path} in a shape that is not known: ${z.prettifyError(parsed.error)}`,
  );
}
