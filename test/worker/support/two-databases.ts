/** The Worker over two databases: `DB` of the test runtime and `SECOND_DB` as `DB_1`, with a downloader that only writes down what it was asked. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { createApiKey } from '../../../worker/auth/keys/api-key.ts';
import { createWorkspace } from '../../../worker/auth/workspace.ts';
import { buildCtxs } from '../../../worker/build-ctx.ts';
import type { Ctx } from '../../../worker/context.ts';
import type { Env } from '../../../worker/env.ts';
import { receive, runSchedule, serve } from '../../../worker/handlers.ts';
import { fakeDownloader } from './fake-downloader.ts';

interface Sent {
  queue: 'importly-open-doorbell' | 'importly-open-webhooks';
  body: unknown;
}

/** A workspace in one of the databases, with its key. */
export interface Placed {
  ctx: Ctx;
  workspaceId: string;
  apiKey: string;
  call: (method: string, path: string, json?: unknown) => Promise<Response>;
}

/** The bindings with two databases, their contexts, and what the Worker does with events. Messages are kept until `deliverMessages`. */
export async function startWithTwoDatabases(databases: { DB_1?: D1Database } = {}) {
  const sent: Sent[] = [];
  const queue = (name: Sent['queue']) => ({
    send: async (body: unknown) => void sent.push({ queue: name, body }),
    sendBatch: async (messages: Iterable<{ body: unknown }>) => {
      for (const { body } of messages) sent.push({ queue: name, body });
    },
  });
  const bindings = {
    ...env,
    DB_1: env.SECOND_DB,
    DOORBELL: queue('importly-open-doorbell'),
    WEBHOOKS: queue('importly-open-webhooks'),
    DOWNLOADER_SLOTS: '2',
    ...databases,
  } as unknown as Env;
  const ctxs = buildCtxs(bindings);
  const downloader = fakeDownloader();
  for (const ctx of ctxs) ctx.downloader = downloader;
  const fetchPath = async (path: string, init?: RequestInit): Promise<Response> => {
    const execution = createExecutionContext();
    const answer = await serve(new Request(`http://127.0.0.1:8787${path}`, init), bindings, execution);
    await waitOnExecutionContext(execution);
    return answer;
  };
  return {
    ctxs: ctxs as [Ctx, Ctx],
    bindings,
    sent,
    downloader,
    fetchPath,
    deliverMessages: () => deliverMessages(sent, bindings),
    sweep: () => runSchedule(bindings),
    place: (ctx: Ctx) => place(ctx, fetchPath),
  };
}

/** Gives the messages that were sent to their consumers. */
async function deliverMessages(sent: Sent[], bindings: Env): Promise<void> {
  const messages = Map.groupBy(sent.splice(0), ({ queue }) => queue);
  for (const [queue, some] of messages) {
    const batch = { queue, messages: some.map(({ body }) => ({ id: 'm', body })), ackAll: () => undefined };
    await receive(batch as unknown as MessageBatch, bindings);
  }
}

async function place(
  ctx: Ctx,
  fetchPath: (path: string, init?: RequestInit) => Promise<Response>,
): Promise<Placed> {
  const { id: workspaceId } = await createWorkspace(ctx.db, { name: 'placed', ...ctx });
  const { key: apiKey } = await createApiKey(ctx.db, { workspaceId, name: 'placed', ...ctx });
  const call: Placed['call'] = (method, path, json) =>
    fetchPath(path, {
      method,
      headers: { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    });
  return { ctx, workspaceId, apiKey, call };
}
