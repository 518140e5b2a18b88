/** What the Worker does with each event of the platform: a request, messages of a queue, the cron trigger, the end of a container. */
import type { OpenAPIHono } from '@hono/zod-openapi';
import { BadConfiguration, buildCtx } from './build-ctx.ts';
import type { Ctx } from './context.ts';
import type { InstanceStopped } from './container/downloader-container.ts';
import { receiveQueueProbes } from './diagnostics/queue-probe.ts';
import { isDeadLetterQueue, keepDeadLetters } from './doorbell/dead-letters.ts';
import type { Env } from './env.ts';
import { AppError } from './errors.ts';
import type { AppEnv } from './http/app-env.ts';
import { errorBody } from './http/error-body.ts';
import { uuidV7 } from './ids.ts';
import { endAttemptsOfSlot } from './jobs/end/end-attempts-of-slot.ts';
import { fillSlots, STARTS_BESIDE_SWEEPS } from './jobs/fill-slots.ts';
import { sweep } from './jobs/sweep.ts';
import { consoleLog } from './log.ts';
import { isWebhookQueue, receiveDeliveries } from './webhooks/receive-deliveries.ts';
import { sweepWebhooks } from './webhooks/sweep-webhooks.ts';

/** Building an app takes milliseconds, and the bindings of an isolate never change. */
const apps = new WeakMap<Env, OpenAPIHono<AppEnv>>();

/** Answers a request. With an invalid configuration the answer is a 500, and the log names the variables but not their values. */
export async function serve(request: Request, env: Env, execution: ExecutionContext): Promise<Response> {
  try {
    return await (await appOf(env)).fetch(request, env, execution);
  } catch (error) {
    if (!(error instanceof BadConfiguration)) throw error;
    const requestId = uuidV7(Date.now());
    const { variables, reasons } = error;
    consoleLog.error('configuration.invalid', { requestId, variables, reasons });
    const body = errorBody(new AppError('internal_error'), requestId);
    return Response.json(body, { status: 500, headers: { 'X-Request-Id': requestId } });
  }
}

async function appOf(env: Env): Promise<OpenAPIHono<AppEnv>> {
  const known = apps.get(env);
  if (known) return known;
  const ctx = buildCtx(env);
  // Messages and the cron trigger do not need the routes.
  const { createApp } = await import('./app.ts');
  // Another request may have built it during the import.
  const app = apps.get(env) ?? createApp(ctx);
  apps.set(env, app);
  return app;
}

/** Takes the messages of a queue: dead letters are kept, those of webhooks name what is to be sent, and the others say that there may be work. */
export async function receive(batch: MessageBatch, env: Env): Promise<void> {
  if (isDeadLetterQueue(batch.queue)) return keepDeadLetters(buildCtx(env), batch);
  if (isWebhookQueue(batch.queue)) return receiveDeliveries(buildCtx(env), batch);
  // A message only announces work, so it is never retried: the sweep finds work that no message announced.
  batch.ackAll();
  const ctx = buildCtx(env);
  // Before the slots: starting a container may take half a minute.
  await receiveQueueProbes(ctx, { bodies: batch.messages.map(({ body }) => body) });
  await fillSlots(ctx);
}

/** The work of every minute. */
export async function runSchedule(env: Env): Promise<void> {
  const ctx = buildCtx(env);
  // At the same time: none waits for storages or downloaders that do not answer another one.
  await Promise.all([fillSlots(ctx, { maxStarts: STARTS_BESIDE_SWEEPS }), sweep(ctx), sweepWebhooks(ctx)]);
}

/** Ends the attempts of a container that has stopped. */
export async function endInstance(env: Env, stopped: InstanceStopped): Promise<void> {
  await endAttemptsOfSlot(buildCtx(env), stopped);
}

/** The context of this isolate, for the objects that watch jobs. */
export function loadCtx(env: Env): Ctx {
  return buildCtx(env);
}
