/**
 * The entry point of the Worker. The platform starts it with little CPU time, so only the classes that it looks for are loaded at start;
 * everything else is loaded by the first event.
 */
import { DownloaderContainer, PageContainer } from './container/downloader-container.ts';
import type { Env } from './env.ts';
import { RateCounter } from './limits/rate-counter.ts';
import { ImportWatch } from './watch/import-watch.ts';

export { ContainerProxy } from '@cloudflare/containers';
export { DownloaderContainer, ImportWatch, PageContainer, RateCounter };

const loadHandlers = () => import('./handlers.ts');

DownloaderContainer.onInstanceStopped = async (env, stopped) =>
  (await loadHandlers()).endInstance(env, stopped);

ImportWatch.loadCtx = async (env, jobId) => (await loadHandlers()).loadCtx(env, jobId);

export default {
  fetch: async (request, env, execution) => (await loadHandlers()).serve(request, env, execution),
  queue: async (batch, env) => (await loadHandlers()).receive(batch, env),
  scheduled: async (_controller, env) => (await loadHandlers()).runSchedule(env),
} satisfies ExportedHandler<Env>;
