/** The downloader as a container: one instance a slot. Holds the public half of the dispatch key, and no other secret. */
import { Container } from '@cloudflare/containers';
import { exports } from 'cloudflare:workers';
import { parseConfig, type Config } from '../config.ts';
import type { Env } from '../env.ts';
import { consoleLog } from '../log.ts';
import { CONTROL_HOST } from '../control-url.ts';
import { createDownloader } from './http-downloader.ts';
import { publicKeyOf } from './sign-request.ts';

/** Where the image listens. */
const PORT = 8080;

export class DownloaderContainer extends Container<Env> {
  override defaultPort = PORT;
  /** Requests alone count as activity, and a job makes none: whether the instance may go is asked of it then. */
  override sleepAfter = '5m';
  readonly #config: Config;

  constructor(ctx: ConstructorParameters<typeof Container>[0], env: Env) {
    super(ctx, env);
    this.#config = parseConfig(env);
    void ctx.blockConcurrencyWhile(async () => {
      this.envVars = await containerEnv(this.#config);
    });
  }

  /** Stops an idle instance, and one that does not answer: on SIGTERM it hands its jobs back. The timer starts again by itself. */
  override async onActivityExpired(): Promise<void> {
    if (!(await this.#isBusy())) await this.stop();
  }

  /** Asks the process past `containerFetch`, which would count as activity and could start it. */
  async #isBusy(): Promise<boolean> {
    const port = this.ctx.container?.getTcpPort(PORT);
    if (port === undefined) return false;
    const downloader = createDownloader({
      transport: (_slot, path, init) => port.fetch(`http://downloader${path}`, init),
      privateKey: this.#config.DISPATCH_PRIVATE_KEY,
      now: () => Date.now(),
      log: consoleLog,
    });
    try {
      return (await downloader.health('')).jobs.length > 0;
    } catch (error) {
      consoleLog.error('container.unanswering', { error: String(error) });
      return false;
    }
  }
}

// By assignment: a static field would be defined on the class and pass the setter by which the handlers are found.
DownloaderContainer.outboundByHost = { [CONTROL_HOST]: answerControlCall };

/** The environment of the image; read when an instance starts. */
async function containerEnv(config: Config): Promise<Record<string, string>> {
  return {
    PORT: String(PORT),
    HOST: '0.0.0.0',
    DISPATCH_PUBLIC_KEY: await publicKeyOf(config.DISPATCH_PRIVATE_KEY),
    EGRESS_ALLOW: config.EGRESS_ALLOW,
    JOBS_PER_SLOT: String(config.JOBS_PER_SLOT),
  };
}

/** Control calls reach this Worker without leaving the platform; the host serves nothing else of it. */
async function answerControlCall(request: Request): Promise<Response> {
  if (!new URL(request.url).pathname.startsWith('/internal/')) return new Response(null, { status: 404 });
  return ownWorker().fetch(request);
}

/** `exports` names what the entry module exports, and its default export has the fetch handler. */
function ownWorker(): Fetcher {
  return (exports as unknown as { default: Fetcher }).default;
}
