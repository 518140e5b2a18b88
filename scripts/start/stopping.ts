/** When to stop: Ctrl-C, SIGTERM, a closed terminal, or the death of the process that started us. */
import { descendantsOf, signalProcess } from '../lib/processes.ts';

/** Aborts at the first of them. A second signal is ignored: the stop that runs is bounded by itself. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = () => controller.abort();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  // Only when run.mjs started us there is a channel; it would keep this process alive by itself.
  process.on('disconnect', stop);
  process.channel?.unref();
  // A closed terminal makes every write fail: the stop must survive that.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  return controller.signal;
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** The value of `work`, or null as soon as the signal aborts; a failure of `work` is thrown. */
export function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T | null> {
  return Promise.race([work, aborted(signal).then(() => null)]);
}

/** Ends whatever this process still has below itself at the end of its stop, such as an interrupted installation. */
export function killLeftovers(): void {
  for (const { pid } of descendantsOf(process.pid)) signalProcess(pid, 'SIGKILL');
}
