/**
 * How one container instance is used: requests are forwarded, an idle instance stops, and one that no longer answers
 * is destroyed. It knows nothing of Durable Objects, so that tests can play an instance that hangs or dies.
 */
import type { Log } from '../contract/log.ts';
import { HealthAnswer } from '../contract/downloader/command.ts';
import { readAnswer } from './read-answer.ts';

/** The instance as this file needs it; the platform's container has more. */
export interface Instance {
  isRunning(): boolean;
  /** Sends a request to the port of the downloader, without starting anything. */
  ask(path: string, init: RequestInit): Promise<Response>;
  /** SIGTERM: the downloader hands its jobs back and exits. */
  stop(): Promise<void>;
  /** SIGKILL. */
  destroy(): Promise<void>;
}

export interface InstanceLimits {
  /** Milliseconds without an answer after which the health of the instance is asked for. */
  silentAfterMs: number;
  /** Milliseconds that the health may take before the instance counts as hung. */
  healthTimeoutMs: number;
}

/** A downloader accepts a job in milliseconds, also on half a CPU; a dispatch gives up after 30 s. */
export const INSTANCE_LIMITS: InstanceLimits = { silentAfterMs: 12_000, healthTimeoutMs: 5_000 };

/**
 * The answer of the instance. One that is silent and does not answer for its health either is destroyed, and the answer
 * is 503: whatever it had begun has ended. Throws when the connection is lost, since the request may have arrived.
 */
export async function forwardRequest(
  instance: Instance,
  { path, init, limits, log }: { path: string; init: RequestInit; limits: InstanceLimits; log: Log },
): Promise<Response> {
  const answer = instance.ask(path, init);
  // The race may be over before the request fails.
  answer.catch(() => undefined);
  const first = await Promise.race([answer, pause(limits.silentAfterMs)]);
  if (first !== undefined) return first.status === 401 ? replaceOutdated(instance, path, log) : first;
  if (await readHealth(instance, limits)) return answer;
  log.error('container.destroyed', { path, reason: 'no answer' });
  await instance.destroy();
  return new Response('The downloader did not answer and was destroyed.', { status: 503 });
}

/**
 * An instance that refuses the signature was started before DISPATCH_PRIVATE_KEY was replaced. It hands its jobs back, and
 * the next request starts one that knows the new key.
 */
async function replaceOutdated(instance: Instance, path: string, log: Log): Promise<Response> {
  log.error('container.outdated', { path });
  await instance.stop();
  return new Response('The downloader has an old key and was stopped.', { status: 503 });
}

/**
 * Decides what becomes of an instance that got no requests for a while: busy ones go on, idle ones are told to stop,
 * and silent ones, or ones that were told to stop an interval ago, are destroyed.
 */
export async function expireInstance(
  instance: Instance,
  { limits, log }: { limits: InstanceLimits; log: Log },
): Promise<'busy' | 'stopped' | 'destroyed'> {
  const health = await readHealth(instance, limits);
  if (health === null || (health.draining && health.jobs.length === 0)) {
    log.error('container.destroyed', { reason: health === null ? 'no answer' : 'did not stop' });
    await instance.destroy();
    return 'destroyed';
  }
  if (health.jobs.length > 0) return 'busy';
  await instance.stop();
  return 'stopped';
}

/** Null when the instance does not answer in time, or not as a downloader does. */
async function readHealth(instance: Instance, limits: InstanceLimits): Promise<HealthAnswer | null> {
  if (!instance.isRunning()) return null;
  try {
    const signal = AbortSignal.timeout(limits.healthTimeoutMs);
    const answer = instance.ask('/health', { signal });
    answer.catch(() => undefined);
    // The platform may ignore the signal for a process that is stopped.
    const first = await Promise.race([answer, pause(limits.healthTimeoutMs)]);
    return first === undefined ? null : await readAnswer(first, HealthAnswer);
  } catch {
    return null;
  }
}

function pause(durationMs: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), durationMs));
}
