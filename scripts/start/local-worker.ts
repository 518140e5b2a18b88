/** The Worker on this machine, as the stack sees it: in Miniflare, or in `wrangler dev`. */
import type { WorkerBindings } from './environment.ts';

export interface LocalWorker {
  /** Fires the scheduled handler once: sweep and ring. */
  sweep(): Promise<void>;
  /** Resolves when every process of it is gone. */
  stop(): Promise<void>;
}

export interface WorkerInput {
  stateDirectory: string;
  port: number;
  bindings: WorkerBindings;
  /** The key of the last start, kept when the database still knows it. */
  knownKey: string | null;
  /** Called when one of its processes was started or replaced. */
  onChange: () => void;
}

/** Starts it with a migrated database and a live API key; it answers at the port when this resolves. */
export type StartWorker = (
  input: WorkerInput,
) => Promise<{ worker: LocalWorker; apiKey: string; applied: string[] }>;
