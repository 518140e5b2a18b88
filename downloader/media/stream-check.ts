/** Checks a source that can be read only once and in order, in bounded memory and without a disk. */
import { checkOrdered, type CheckTools } from './check.ts';
import { createForwardReader } from './forward-reader.ts';
import type { CheckedFacts } from '../track-rates.ts';
import type { Sniffed } from './sniff.ts';

export interface StreamCheck {
  /**
   * Takes the next bytes. Settles when the memory of the chunk may be reused. Throws the failure as soon as it is
   * certain.
   */
  push(chunk: Uint8Array): Promise<void>;
  /** The facts, after the last push. Throws as `checkMedia` does. */
  finish(): Promise<CheckedFacts>;
}

/** Starts the check. It ends with `finish` or with the signal. */
export function createStreamCheck(sniffed: Sniffed, tools: CheckTools): StreamCheck {
  const forward = createForwardReader();
  const ended: { outcome: { facts: CheckedFacts } | { error: unknown } | null } = { outcome: null };
  const abort = (): void => forward.stop(tools.signal.reason);
  tools.signal.addEventListener('abort', abort, { once: true });
  const run = checkOrdered(forward.reader, sniffed, tools)
    .then(
      (facts) => void (ended.outcome = { facts }),
      (error: unknown) => void (ended.outcome = { error }),
    )
    .finally(() => {
      tools.signal.removeEventListener('abort', abort);
      forward.stop(new Error('the check has ended'));
    });
  const facts = (): CheckedFacts | null => {
    const { outcome } = ended;
    if (outcome && 'error' in outcome) throw outcome.error;
    return outcome?.facts ?? null;
  };
  return {
    async push(chunk) {
      tools.signal.throwIfAborted();
      await forward.push(chunk);
      facts();
    },
    async finish() {
      forward.end();
      await run;
      tools.signal.throwIfAborted();
      const found = facts();
      if (!found) throw new Error('the check ended without a verdict');
      return found;
    },
  };
}
