/**
 * The downloader as a container: one instance for each slot. The platform loads this file when the Worker starts, so what needs the
 * configuration or a schema is imported where it is used.
 */
import { Container } from '@cloudflare/containers';
import { exports } from 'cloudflare:workers';
import { CONTROL_HOST } from '../control-url.ts';
import type { Env } from '../env.ts';
import { errorText } from '../error-text.ts';
import { consoleLog } from '../log.ts';
import type { Instance } from './instance.ts';

/** Where the image listens. */
const PORT = 8080;
/** Milliseconds that the platform may take for an instance, and then for its port: both fit into a dispatch. */
const START_LIMITS = { instanceGetTimeoutMS: 8_000, portReadyTimeoutMS: 20_000 };

export interface InstanceStopped {
  slot: string;
  exitCode: number;
  /** Unix milliseconds: attempts that were accepted later run in another instance. */
  stoppedAt: number;
}

export class DownloaderContainer extends Container<Env> {
  /** Called when an instance has ended, for whatever reason; the entry module sets it. */
  static onInstanceStopped: (env: Env, stopped: InstanceStopped) => Promise<void> = async () => undefined;

  override defaultPort = PORT;
  /** Requests alone count as activity, and a job makes none: whether the instance may go is asked of it then. */
  override sleepAfter = '5m';

  constructor(ctx: ConstructorParameters<typeof Container>[0], env: Env) {
    super(ctx, env);
    void ctx.blockConcurrencyWhile(async () => {
      const { instanceEnv } = await import('./instance-env.ts');
      this.envVars = await instanceEnv(env, PORT);
    });
  }

  /**
   * Forwards to the instance, which is started when none runs. It goes past `containerFetch`, whose count of requests
   * in flight never returns to zero when a caller gives up, so that the instance would never sleep again.
   */
  override async fetch(request: Request): Promise<Response> {
    if (!(await this.#start())) return new Response('No container could be started.', { status: 503 });
    this.renewActivityTimeout();
    const { pathname } = new URL(request.url);
    const init = { method: request.method, headers: request.headers, body: await bodyOf(request) };
    const { forwardRequest, INSTANCE_LIMITS } = await import('./instance.ts');
    return forwardRequest(this.#instance(), {
      path: pathname,
      init,
      limits: INSTANCE_LIMITS,
      log: consoleLog,
    });
  }

  /** True when the instance is ready. One that does not get ready is destroyed, so that the next request begins anew. */
  async #start(): Promise<boolean> {
    const { status } = await this.getState();
    if (this.ctx.container?.running === true && status === 'healthy') return true;
    try {
      await this.startAndWaitForPorts(PORT, START_LIMITS);
      return true;
    } catch (error) {
      consoleLog.error('container.start_failed', { slot: this.#slot(), error: errorText(error) });
      if (this.ctx.container?.running === true) await this.destroy();
      return false;
    }
  }

  /** The timer starts again whatever this does. */
  override async onActivityExpired(): Promise<void> {
    const { expireInstance, INSTANCE_LIMITS } = await import('./instance.ts');
    await expireInstance(this.#instance(), { limits: INSTANCE_LIMITS, log: consoleLog });
  }

  override async onStop({ exitCode }: { exitCode: number }): Promise<void> {
    const stopped = { slot: this.#slot(), exitCode, stoppedAt: Date.now() };
    consoleLog.info('container.stopped', stopped);
    await DownloaderContainer.onInstanceStopped(this.env, stopped);
  }

  #instance(): Instance {
    const { container } = this.ctx;
    if (container === undefined) throw new Error('containers are not enabled for this Worker');
    return {
      isRunning: () => container.running,
      ask: (path, init) => container.getTcpPort(PORT).fetch(`http://downloader${path}`, init),
      stop: () => this.stop(),
      destroy: () => this.destroy(),
    };
  }

  /** Instances are addressed by the name of their slot only. */
  #slot(): string {
    return this.ctx.id.name ?? 'unknown';
  }
}

/** The downloader of a slot for pages: a class of its own, so that it can have other instances. */
export class PageContainer extends DownloaderContainer {}

// By assignment: a static field would be defined on the class and pass the setter by which the handlers are found.
DownloaderContainer.outboundByHost = { [CONTROL_HOST]: answerControlCall };
PageContainer.outboundByHost = { [CONTROL_HOST]: answerControlCall };

/** Commands are small, and a request whose body is a stream could not be sent again. */
async function bodyOf(request: Request): Promise<ArrayBuffer | null> {
  return request.body === null ? null : request.arrayBuffer();
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
