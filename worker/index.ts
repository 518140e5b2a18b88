/** The entry point of the Worker. It has no logic of its own: it calls functions that have tests. */
import { buildCtx } from './build-ctx.ts';
import { DownloaderContainer } from './container/downloader-container.ts';
import { isDeadLetterQueue, keepDeadLetters } from './doorbell/dead-letters.ts';
import { receiveQueueProbes } from './diagnostics/queue-probe.ts';
import { endAttemptsOfSlot } from './jobs/end/end-attempts-of-slot.ts';
import { fillSlots } from './jobs/fill-slots.ts';
import type { Env } from './env.ts';
import { sweep } from './jobs/sweep.ts';
import { serve } from './serve.ts';

export { ContainerProxy } from '@cloudflare/containers';
export { DownloaderContainer };

DownloaderContainer.onInstanceStopped = (env, stopped) => endAttemptsOfSlot(buildCtx(env), stopped);

export default {
  fetch: serve,
  async queue(batch, env) {
    if (isDeadLetterQueue(batch.queue)) return keepDeadLetters(buildCtx(env), batch);
    // A message only announces work, so it is never retried: the sweep finds work that no message announced.
    batch.ackAll();
    const ctx = buildCtx(env);
    // Before the slots: starting a container may take half a minute.
    await receiveQueueProbes(ctx, { bodies: batch.messages.map(({ body }) => body) });
    await fillSlots(ctx);
  },
  async scheduled(_controller, env) {
    const ctx = buildCtx(env);
    // At the same time: neither waits for storages or downloaders that do not answer the other.
    await Promise.all([fillSlots(ctx), sweep(ctx)]);
  },
} satisfies ExportedHandler<Env>;
