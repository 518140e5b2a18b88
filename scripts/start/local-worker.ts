/** The interface between the stack and a local Worker in Miniflare or in `wrangler dev`. */
import type { WorkerBindings } from './environment.ts';
import type { PreparedDatabase } from './first-key.ts';

export interface LocalWorker {
  /** Runs the scheduled handler once: sweep and ring. */
  sweep(): Promise<void>;
  /** Resolves when all its processes have ended. */
  stop(): Promise<void>;
}

export interface WorkerInput {
  stateDirectory: string;
  /** It listens on loopback: see network-front.ts for other machines. */
  port: number;
  bindings: WorkerBindings;
  /** A port on loopback for the downloader of this stack, if it has one. */
  controlPort?: number | undefined;
  /** The key of the last start. It stays in use if the database has it. */
  knownKey: string | null;
  /** Prints every line of its log, also requests that succeeded. */
  logsAll: boolean;
  /** Called after one of its processes was started or replaced. */
  onChange: () => void;
}

/** Starts the Worker with a prepared database. It accepts requests at the port when this resolves. */
export type StartWorker = (input: WorkerInput) => Promise<PreparedDatabase & { worker: LocalWorker }>;
