/** Stands in for the Worker's `/internal` and for a storage, on real sockets: parses bodies by the contract, checks digests, keeps the objects. */
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Command } from '../../../worker/contract/downloader/command.ts';
import {
  AbortRequest,
  ArtifactRequest,
  CompletedReport,
  CompleteRequest,
  FailedReport,
  Heartbeat,
  SignRequest,
} from '../../../worker/contract/downloader/report.ts';
import {
  UploadPlan,
  type PartToSign,
  type SignedRequest,
} from '../../../worker/contract/downloader/upload-plan.ts';
import { PART_CRC32_HEADER } from '../../../worker/contract/downloader/signature.ts';
import type { StandInOptions, WorkerStandIn } from '../stand-in-options.ts';
import { crc32Base64, readAll } from './received-bytes.ts';

const MIB = 1024 * 1024;
const TOKEN = 'attempt-token-of-the-test';

export async function startWorkerStandIn(options: StandInOptions = {}): Promise<WorkerStandIn> {
  const state = new State(options);
  const server = createServer((request, response) => {
    state.handle(request, response).catch((error: unknown) => {
      state.calls.push(`error ${String(error)}`);
      if (!response.headersSent) response.writeHead(500);
      response.end(JSON.stringify({ success: false, code: 'internal_error', error: String(error) }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  state.base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    ...state.view(),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

class State {
  base = '';
  calls: string[] = [];
  #options: StandInOptions;
  #artifacts: ArtifactRequest[] = [];
  #heartbeats: Heartbeat[] = [];
  #aborts: AbortRequest[] = [];
  #completions: CompleteRequest[] = [];
  #signed: PartToSign[] = [];
  #rounds = new Map<string, number>();
  #parts = new Map<string, Map<number, Buffer>>();
  #plansGiven: UploadPlan[] = [];
  #openPlan: UploadPlan | null = null;
  #storedPlacement: string | null = null;
  #completed: string[] = [];
  #aborted: string[] = [];
  #secondaries: UploadPlan[] = [];
  #finished = Promise.withResolvers<{ failed: FailedReport } | { completed: CompletedReport }>();

  constructor(options: StandInOptions) {
    this.#options = options;
  }

  view(): Omit<WorkerStandIn, 'close'> {
    return {
      controlUrl: `${this.base}/internal`,
      command: (url, limits = {}) => this.#command(url, limits),
      calls: this.calls,
      artifacts: this.#artifacts,
      heartbeats: this.#heartbeats,
      aborts: this.#aborts,
      completions: this.#completions,
      signed: this.#signed,
      stored: () => (this.#storedPlacement ? this.#object(this.#storedPlacement) : null),
      completed: this.#completed,
      aborted: this.#aborted,
      storedAt: (id) => (this.#completed.includes(id) ? this.#object(id) : null),
      finished: this.#finished.promise,
    };
  }

  #command(url: string, limits: Partial<Command['limits']>): Command {
    return {
      version: 1,
      kind: 'import',
      jobId: randomUUID(),
      attempt: 1,
      slot: 'slot-0',
      token: TOKEN,
      controlUrl: `${this.base}/internal`,
      source: { url },
      ...(this.#options.secondaries && { secondaries: true }),
      limits: { maxBytes: 2 ** 40, maxDurationSeconds: 1e6, timeoutSeconds: 60, stallSeconds: 10, ...limits },
    };
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    const kind = path.split('/').at(-1) ?? '';
    if (request.method === 'PUT') return this.#putPart(path, request, response);
    this.calls.push(kind);
    const body: unknown = JSON.parse((await readAll(request)).toString());
    if (await this.#options.onCall?.(kind, request, response, body)) return;
    if (kind !== 'heartbeat' && request.headers.authorization !== `Bearer ${TOKEN}`) {
      throw new Error('no attempt token');
    }
    const answer = this.#answer(kind, path, body);
    const crc32 = request.headers[PART_CRC32_HEADER];
    if (kind === 'artifacts' && this.#options.signsWithPlan && crc32 !== undefined)
      Object.assign(answer, { requests: this.#signOnly(String(crc32)) });
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  }

  #answer(kind: string, path: string, body: unknown): object {
    if (kind === 'heartbeat') {
      const heartbeat = Heartbeat.parse(body);
      this.#heartbeats.push(heartbeat);
      const directives = heartbeat.jobs.map(() => this.#options.directive?.() ?? 'continue');
      return { directives, nextReportSeconds: 1 };
    }
    if (kind === 'artifacts') {
      this.#artifacts.push(ArtifactRequest.parse(body));
      // As the Worker does: the same plan as long as that upload is open.
      return { plan: this.#openPlan ?? this.#nextPlan() };
    }
    if (kind === 'secondaries') return { plans: this.#openSecondaries() };
    if (kind === 'sign') {
      const { grant } = this.#plan(path);
      const requests = this.#sign(path, SignRequest.parse(body).parts);
      return { requests, ...(grant && { grant: `${grant}, renewed` }) };
    }
    if (kind === 'complete') return this.#complete(path, CompleteRequest.parse(body));
    if (kind === 'abort') {
      this.#aborts.push(AbortRequest.parse(body));
      const { placementId } = this.#plan(path);
      this.#aborted.push(placementId);
      return { plan: this.#isSecondary(placementId) ? null : this.#nextPlan() };
    }
    if (kind === 'completed') this.#finished.resolve({ completed: CompletedReport.parse(body) });
    else this.#finished.resolve({ failed: FailedReport.parse(body) });
    return { directive: 'continue' };
  }

  /** Single for what fits one PUT, as the Worker decides; null when the plans are spent. */
  #nextPlan(): UploadPlan | null {
    this.#openPlan = null;
    const given = this.#plansGiven.length;
    const wanted = this.#options.plans ?? [{}];
    const sizeBytes = this.#artifacts[0]?.sizeBytes ?? Infinity;
    const special = wanted[given];
    if (!special) return null;
    const plan = UploadPlan.parse({
      placementId: `placement-${given}`,
      kind: sizeBytes <= 8 * MIB ? 'single' : 'multipart',
      storage: 'service',
      partSizeBytes: 8 * MIB,
      concurrency: 4,
      digest: 'crc32',
      ...special,
    });
    this.#plansGiven.push(plan);
    this.#openPlan = plan;
    return plan;
  }

  /** The same ones with every call, except those that were given up. */
  #openSecondaries(): UploadPlan[] {
    const plans = (this.#options.secondaries ?? []).map((special, index) =>
      UploadPlan.parse({
        ...this.#openPlan,
        storage: 'destination',
        placementId: `secondary-${index}`,
        ...special,
      }),
    );
    this.#secondaries = plans.filter(({ placementId }) => !this.#aborted.includes(placementId));
    return this.#secondaries;
  }

  #isSecondary = (id: string) => this.#secondaries.some(({ placementId }) => placementId === id);

  #plan(path: string): UploadPlan {
    const id = /placements\/([^/]+)\//.exec(path)?.[1];
    const plan = [...this.#plansGiven, ...this.#secondaries].find(({ placementId }) => placementId === id);
    if (!plan) throw new Error('unknown placement');
    return plan;
  }

  #sign(path: string, parts: PartToSign[]): SignedRequest[] {
    const { placementId, storage } = this.#plan(path);
    this.#signed.push(...parts);
    const prefix = storage === 'service' ? 'internal/' : '';
    return parts.map(({ number, digest }) => ({
      number,
      method: 'PUT' as const,
      url: `${this.base}/${prefix}placements/${placementId}/parts/${number}`,
      headers: { 'x-digest': digest },
      expiresAt: new Date(Date.now() + 60_000).toISOString(),
    }));
  }

  #signOnly(digest: string): SignedRequest[] {
    const { placementId } = this.#openPlan ?? {};
    const sizeBytes = this.#artifacts.at(-1)?.sizeBytes ?? 0;
    return this.#sign(`placements/${placementId}/`, [{ number: 1, sizeBytes, digest }]);
  }

  async #putPart(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { placementId, digest, partSizeBytes } = this.#plan(path);
    const number = Number(path.split('/').at(-1));
    const key = `${placementId} ${number}`;
    const round = (this.#rounds.get(key) ?? 0) + 1;
    this.#rounds.set(key, round);
    if (await this.#options.onPart?.({ placementId, number, round, request, response })) return;
    const bytes = await readAll(request);
    const seen = digest === 'crc32' ? crc32Base64(bytes) : createHash('sha256').update(bytes).digest('hex');
    if (seen !== request.headers['x-digest'] || bytes.byteLength > partSizeBytes + 3 * MIB) {
      response.writeHead(400).end('<Error><Code>BadDigest</Code></Error>');
      return;
    }
    const parts = this.#parts.get(placementId) ?? new Map<number, Buffer>();
    this.#parts.set(placementId, parts.set(number, bytes));
    response.writeHead(200, { etag: `"${placementId}-${number}"` }).end();
  }

  #complete(path: string, body: CompleteRequest): object {
    const { placementId } = this.#plan(path);
    this.#completions.push(body);
    const object = this.#object(placementId);
    body.parts.forEach(({ number, etag }, index) => {
      if (number !== index + 1 || etag !== `"${placementId}-${number}"`) throw new Error('wrong part list');
    });
    if (object.byteLength !== body.sizeBytes) throw new Error('wrong size');
    if (crc32Base64(object) !== body.checksums.crc32) throw new Error('wrong CRC-32 of the whole');
    this.#completed.push(placementId);
    if (this.#isSecondary(placementId)) return { outcome: 'stored' };
    const outcome = this.#options.onComplete?.(this.#completions.length) ?? 'stored';
    if (outcome !== 'stored') this.#completed.pop();
    if (outcome !== 'stored') return outcome === 'next' ? { outcome, plan: this.#nextPlan() } : { outcome };
    this.#storedPlacement = placementId;
    const { reportAnswer: directive } = this.#options;
    if (body.completed && directive === 'continue') this.#finished.resolve({ completed: body.completed });
    const answer = { outcome, ...(body.completed && directive && { directive }) };
    return { ...answer, ...(body.next && this.#options.nextJob?.()) };
  }

  #object(placementId: string): Buffer {
    const parts = [...(this.#parts.get(placementId) ?? [])].sort(([a], [b]) => a - b);
    return Buffer.concat(parts.map(([, bytes]) => bytes));
  }
}
