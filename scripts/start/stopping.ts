/** Detects when to stop: Ctrl-C, SIGTERM, a closed terminal, or the death of the parent process. */
import { descendantsOf, signalProcess } from '../lib/processes.ts';

/** Aborts at the first of these events. Later signals are ignored, because a stop takes a limited time. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = () => controller.abort();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  // A channel exists only if run.mjs started this process. Without unref it would keep the process alive.
  process.on('disconnect', stop);
  process.channel?.unref();
  // After the terminal is closed, every write fails; the stop must continue.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  return controller.signal;
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** Returns the result of `work`, or null as soon as the signal aborts. Throws if `work` fails. */
export function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T | null> {
  return Promise.race([work, aborted(signal).then(() => null)]);
}

/** Ends remaining descendants at the end of a stop, for example an interrupted installation. */
export function killLeftovers(): void {
  for (const { pid } of descendantsOf(process.pid)) signalProcess(pid, 'SIGKILL');
}
