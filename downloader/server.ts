/** The HTTP server of the downloader: signed requests of the Worker, health and metrics. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { KeyObject } from 'node:crypto';
import {
  Command,
  ProbeRequest,
  type HealthAnswer,
  type ProbeAnswer,
  type Versions,
} from '../worker/contract/downloader/command.ts';
import { ytdlpAgeDays } from '../worker/contract/ytdlp-age.ts';
import { isFromWorker } from './dispatch-signature.ts';
import type { Confinement } from './process/confinement.ts';
import type { Acceptance, JobRegistry } from './jobs/job-registry.ts';
import { METRICS_TYPE, type Metrics } from './jobs/metrics.ts';
import type { Log } from '../worker/contract/log.ts';

/** Bytes of a request's body: a command is under 4 KiB. */
const MAX_BODY_BYTES = 64 * 1024;
/** Milliseconds for a whole request to arrive: they are small, and slow ones are attacks. */
const REQUEST_TIMEOUT_MS = 10_000;

const STATUS_OF_ACCEPTANCE: Record<Acceptance, number> = {
  accepted: 202,
  duplicate: 409,
  full: 429,
  draining: 503,
};

export interface ServerDeps {
  registry: JobRegistry;
  metrics: Metrics;
  dispatchPublicKey: KeyObject;
  /** Known when the tools have answered; `GET /health` waits for them. */
  versions: Promise<Versions>;
  confinement: Promise<Pick<Confinement, 'level' | 'ownUsers' | 'reason'>>;
  probe: (request: ProbeRequest) => Promise<ProbeAnswer>;
  /** Unix milliseconds. */
  now: () => number;
  log: Log;
}

interface Answer {
  status: number;
  /** Sent as JSON; a text is sent as it is, for `/metrics`. */
  body: object | string;
}

/** A server that is not yet listening. */
export function createDownloaderServer(deps: ServerDeps): Server {
  const server = createServer((request, response) => {
    void handle(deps, request, response);
  });
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.headersTimeout = REQUEST_TIMEOUT_MS;
  return server;
}

async function handle(deps: ServerDeps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    send(response, await route(deps, request));
  } catch (error) {
    // The client disconnected inside a body. Anyone can do that many times, so it is not logged.
    if (!request.complete) return void request.destroy();
    deps.log.error('request.failed', {
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
    send(response, { status: 500, body: { error: 'Internal error' } });
  }
}

function send(response: ServerResponse, { status, body }: Answer): void {
  if (response.destroyed) return;
  const isText = typeof body === 'string';
  const contentType = isText ? METRICS_TYPE : 'application/json';
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' });
  response.end(isText ? body : JSON.stringify(body));
  // The rest of a refused body is not read, so the connection cannot be reused.
  if (status === 413) response.once('finish', () => response.req.destroy());
}

async function route(deps: ServerDeps, request: IncomingMessage): Promise<Answer> {
  const { method = '', url: path = '' } = request;
  if (method === 'GET' && path === '/health') return health(deps);
  if (method === 'GET' && path === '/metrics') return readMetrics(deps);
  const body = await readBody(request);
  if (body === null) return { status: 413, body: { error: `At most ${MAX_BODY_BYTES} bytes` } };
  const isSigned = isFromWorker(
    { method, path, headers: request.headers, body },
    deps.dispatchPublicKey,
    deps.now(),
  );
  if (!isSigned) return { status: 401, body: { error: 'The signature is missing or not valid' } };
  if (method === 'POST' && path === '/jobs') return acceptJob(deps, body);
  if (method === 'POST' && path === '/probe') return probe(deps, body);
  const jobId = /^\/jobs\/([0-9a-f-]{36})$/.exec(path)?.[1];
  if (method === 'DELETE' && jobId) {
    return deps.registry.cancel(jobId)
      ? { status: 202, body: { ok: true } }
      : { status: 404, body: { error: 'No such job runs here' } };
  }
  return { status: 404, body: { error: 'Not found' } };
}

async function health({ registry, versions, confinement, now }: ServerDeps): Promise<Answer> {
  const { draining, capacity } = registry;
  const uptimeMs = Math.round(process.uptime() * 1000);
  const jobs = registry.list();
  const found = await versions;
  const time = now();
  const age = ytdlpAgeDays(found.ytdlp, time);
  const { level, ownUsers, reason } = await confinement;
  const state = { ok: true, draining, capacity, jobs, confinement: { level, ownUsers, reason } };
  const body: HealthAnswer = { ...state, versions: found, ytdlpAgeDays: age, time, uptimeMs };
  return { status: 200, body };
}

async function readMetrics({ registry, metrics, versions }: ServerDeps): Promise<Answer> {
  return { status: 200, body: metrics.render(registry, await versions) };
}

function acceptJob({ registry }: ServerDeps, body: string): Answer {
  const command = Command.safeParse(parseJson(body));
  if (!command.success) return { status: 400, body: { error: 'Not a command of version 1' } };
  const acceptance = registry.accept(command.data);
  return { status: STATUS_OF_ACCEPTANCE[acceptance], body: { acceptance } };
}

async function probe(deps: ServerDeps, body: string): Promise<Answer> {
  const request = ProbeRequest.safeParse(parseJson(body));
  if (!request.success) return { status: 400, body: { error: 'Not a probe request' } };
  return { status: 200, body: await deps.probe(request.data) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Null when it is longer than `MAX_BODY_BYTES`. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
