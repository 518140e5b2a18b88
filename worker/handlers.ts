/** What the Worker does with each event of the platform: a request, messages of a queue, the cron trigger, the end of a container. */
import type { OpenAPIHono } from '@hono/zod-openapi';
import { BadConfiguration, buildCtx, buildCtxs } from './build-ctx.ts';
import type { Ctx } from './context.ts';
import type { InstanceStopped } from './container/downloader-container.ts';
import { slotNumber } from './contract/downloader/slot-names.ts';
import { databaseOfMessage, databaseOfRequest } from './databases/database-of.ts';
import { receiveQueueProbes } from './diagnostics/queue-probe.ts';
import { isDeadLetterQueue, keepDeadLetters } from './doorbell/dead-letters.ts';
import type { Env } from './env.ts';
import { AppError } from './errors.ts';
import type { AppEnv } from './http/app-env.ts';
import { errorBody } from './http/error-body.ts';
import { databaseOfId, uuidV7 } from './ids.ts';
import { endAttemptsOfSlot } from './jobs/end/end-attempts-of-slot.ts';
import { fillSlots, STARTS_BESIDE_SWEEPS } from './jobs/fill-slots.ts';
import { sweep } from './jobs/sweep.ts';
import { consoleLog } from './log.ts';
import { isWebhookQueue, receiveDeliveries } from './webhooks/receive-deliveries.ts';
import { sweepWebhooks } from './webhooks/sweep-webhooks.ts';

/** Building an app takes milliseconds, and the bindings of an isolate never change. Each database has an app. */
const apps = new WeakMap<Ctx, OpenAPIHono<AppEnv>>();

/** Answers a request. With an invalid configuration the answer is a 500, and the log names the variables but not their values. */
export async function serve(request: Request, env: Env, execution: ExecutionContext): Promise<Response> {
  try {
    return await (await appOf(env, databaseOfRequest(request))).fetch(request, env, execution);
  } catch (error) {
    if (!(error instanceof BadConfiguration)) throw error;
    const requestId = uuidV7(Date.now());
    const { variables, reasons } = error;
    consoleLog.error('configuration.invalid', { requestId, variables, reasons });
    const body = errorBody(new AppError('internal_error'), requestId);
    return Response.json(body, { status: 500, headers: { 'X-Request-Id': requestId } });
  }
}

async function appOf(env: Env, database: number): Promise<OpenAPIHono<AppEnv>> {
  const ctx = ctxOf(env, database);
  const known = apps.get(ctx);
  if (known) return known;
  // Messages and the cron trigger do not need the routes.
  const { createApp } = await import('./app.ts');
  // Another request may have built it during the import.
  const app = apps.get(ctx) ?? createApp(ctx);
  apps.set(ctx, app);
  return app;
}

/** The context with this database. What names one that is not bound is looked for in the first one, and not found. */
function ctxOf(env: Env, database: number): Ctx {
  const first = buildCtx(env);
  return first.ofDatabase(database) ?? first;
}

/** Takes the messages of a queue: dead letters are kept, those of webhooks name what is to be sent, and the others say that there may be work. */
export async function receive(batch: MessageBatch, env: Env): Promise<void> {
  if (isDeadLetterQueue(batch.queue)) return keepDeadLetters(buildCtx(env), batch);
  // A message only announces work, so it is never retried: the sweep finds work that no message announced.
  batch.ackAll();
  const byDatabase = Map.groupBy(batch.messages, ({ body }) => databaseOfMessage(body));
  const isForWebhooks = isWebhookQueue(batch.queue);
  await Promise.all(
    [...byDatabase].map(async ([database, messages]) => {
      const ctx = ctxOf(env, database);
      if (isForWebhooks) return receiveDeliveries(ctx, messages);
      // Before the slots: starting a container may take half a minute.
      await receiveQueueProbes(ctx, { bodies: messages.map(({ body }) => body) });
      return fillSlots(ctx);
    }),
  );
}

/** The work of every minute. */
export async function runSchedule(env: Env): Promise<void> {
  // At the same time: none waits for storages, downloaders or databases that do not answer another one.
  const works = buildCtxs(env).flatMap((ctx) => [
    fillSlots(ctx, { maxStarts: STARTS_BESIDE_SWEEPS }),
    sweep(ctx),
    sweepWebhooks(ctx),
  ]);
  const failed = (await Promise.allSettled(works)).filter(({ status }) => status === 'rejected');
  // The sweeps of the other databases have ended.
  for (const { reason } of failed as PromiseRejectedResult[]) throw reason;
}

/** Ends the attempts of a container that has stopped. */
export async function endInstance(env: Env, stopped: InstanceStopped): Promise<void> {
  const databases = buildCtxs(env).length;
  await endAttemptsOfSlot(ctxOf(env, slotNumber(stopped.slot) % databases), stopped);
}

/** The context with the database of a job, for the objects that watch jobs. */
export function loadCtx(env: Env, jobId: string): Ctx {
  return ctxOf(env, databaseOfId(jobId));
}
