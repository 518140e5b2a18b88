/** Stands in for cron: locally it never fires by itself, and messages of the queue are lost with the process. */
import type { LocalWorker } from './local-worker.ts';

/** A job queued at the last stop, an expired lease or a due retry waits no longer than this. */
const SWEEP_EVERY_MS = 15_000;

/** Sweeps and rings now and every 15 s until the signal aborts; a failed sweep is said, and tried again at the next turn. */
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
