/** Replaces cron, which does not run locally. Also needed because queue messages are lost when the process ends. */
import type { LocalWorker } from './local-worker.ts';

/** The longest wait for a job that was queued at the last stop, an expired lease, or a due retry. */
const SWEEP_EVERY_MS = 15_000;

/** Sweeps now and every 15 s until the signal aborts. Prints a message if a sweep fails; the next one follows as usual. */
export function sweepRegularly(input: {
  worker: LocalWorker;
  signal: AbortSignal;
  say: (line: string) => void;
}): void {
  let busy = false;
  const tick = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    try {
      await input.worker.sweep();
    } catch (error) {
      if (!input.signal.aborted)
        input.say(`A sweep failed: ${error instanceof Error ? error.message : 'unknown'}.`);
    } finally {
      busy = false;
    }
  };
  const timer = setInterval(() => void tick(), SWEEP_EVERY_MS);
  input.signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  void tick();
}
