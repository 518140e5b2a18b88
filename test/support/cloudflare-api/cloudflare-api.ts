/** A strict stand-in of Cloudflare's API for the real wrangler: see README.md beside this file. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { emptyAccount, type Account } from './account.ts';
import { ApiRefusal, type Answer, type Call, type Route } from './call.ts';
import type { FaultsInTurn } from './faults.ts';
import { containerRoutes } from './routes/containers.ts';
import { d1Routes } from './routes/d1.ts';
import { queueRoutes } from './routes/queues.ts';
import { r2Routes } from './routes/r2.ts';
import { scriptRoutes } from './routes/scripts.ts';
import { userRoutes } from './routes/user.ts';

const PREFIX = '/client/v4';
const TOKEN = 'stand-in-token';

/** What was asked and how it was answered, in order. */
export interface RecordedCall {
  method: string;
  path: string;
  status: number;
  /** The body as it came: JSON text, or the metadata of an upload. */
  body: string;
}

export interface CloudflareApi {
  account: Account;
  calls: RecordedCall[];
  /** Set to let calls fail. */
  faults: FaultsInTurn | null;
  /** The variables that point wrangler at it. */
  env: Record<string, string>;
  close(): Promise<void>;
}

async function readCall(request: IncomingMessage): Promise<Call> {
  const url = new URL(request.url ?? '/', 'http://stand-in');
  const chunks = await request.toArray();
  const bytes = Buffer.concat(chunks as Buffer[]);
  const headers = new Headers(request.headers as Record<string, string>);
  const type = headers.get('content-type') ?? '';
  const isForm = type.startsWith('multipart/form-data');
  const form = isForm ? await new Response(bytes, { headers: { 'content-type': type } }).formData() : null;
  const json: unknown = isForm || bytes.length === 0 ? undefined : JSON.parse(bytes.toString('utf8'));
  const path = url.pathname.replace(PREFIX, '');
  return {
    method: request.method ?? 'GET',
    path,
    query: url.searchParams,
    headers,
    json,
    form,
    captured: [],
  };
}

async function perform(routes: Route[], call: Call): Promise<Answer> {
  if (call.headers.get('authorization') !== `Bearer ${TOKEN}`)
    throw new ApiRefusal(401, 10_000, 'Authentication error');
  for (const { method, pattern, handle } of routes) {
    const match = pattern.exec(call.path);
    if (match === null || method !== call.method) continue;
    return handle({ ...call, captured: match.slice(1) });
  }
  throw new ApiRefusal(404, 7003, `the stand-in has no ${call.method} ${call.path}`);
}

async function performWithFaults(api: CloudflareApi, routes: Route[], call: Call): Promise<Answer> {
  const fault = api.faults?.next(call) ?? { fails: false, executes: true };
  const answer = fault.executes ? await perform(routes, call) : null;
  if (fault.fails || answer === null) throw new ApiRefusal(400, 10_013, 'made to fail by the test');
  return answer;
}

async function answerCall(
  api: CloudflareApi,
  routes: Route[],
  request: IncomingMessage,
  response: ServerResponse,
) {
  const call = await readCall(request);
  const metadata = call.form?.get('metadata');
  const body = typeof metadata === 'string' ? metadata : (JSON.stringify(call.json) ?? '');
  const record = { method: call.method, path: call.path, status: 200, body };
  api.calls.push(record);
  let payload: object;
  try {
    const { result, resultInfo } = await performWithFaults(api, routes, call);
    payload = {
      success: true,
      errors: [],
      messages: [],
      result,
      ...(resultInfo && { result_info: resultInfo }),
    };
  } catch (error) {
    const refusal = error instanceof ApiRefusal ? error : new ApiRefusal(500, 1, String(error));
    record.status = refusal.status;
    payload = {
      success: false,
      errors: [{ code: refusal.code, message: refusal.message }],
      messages: [],
      result: null,
    };
  }
  response.writeHead(record.status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(payload));
}

/** Starts it on loopback with an empty account. */
export async function startCloudflareApi(): Promise<CloudflareApi> {
  const account = emptyAccount();
  const routes = [userRoutes, d1Routes, r2Routes, queueRoutes, scriptRoutes, containerRoutes].flatMap(
    (make) => make(account),
  );
  const server = createServer((request, response) => void answerCall(api, routes, request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const api: CloudflareApi = {
    account,
    calls: [],
    faults: null,
    env: {
      CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${port}${PREFIX}`,
      CLOUDFLARE_API_TOKEN: TOKEN,
      CLOUDFLARE_ACCOUNT_ID: account.id,
    },
    close: async () => {
      for (const database of account.databases.values()) database.close();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return api;
}
