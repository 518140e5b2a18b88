/** The downloader as the Worker sees it, whether it is a container or a process behind DOWNLOADER_URL. */
import type { Command, HealthAnswer, ProbeAnswer, ProbeRequest } from './contract/downloader/command.ts';

import type { SignedCommand } from './contract/downloader/claim.ts';

/** `unreachable` covers everything that proves nothing was begun: no connection, 429 full, 503 draining. `unknown`: the answer was lost, it may have begun. */
export type DispatchOutcome = 'accepted' | 'unreachable' | 'unknown';

export interface Downloader {
  /** Hands an attempt over. Never throws. */
  dispatch(slot: string, command: Command): Promise<DispatchOutcome>;
  /** Asks the slot to stop a job now; best effort, the heartbeat says it again. Never throws. */
  cancel(slot: string, jobId: string): Promise<void>;
  /** What a socket to this host would meet; throws when the downloader does not answer. */
  probe(request: ProbeRequest): Promise<ProbeAnswer>;
  /** The dispatch of a command as a downloader gets it that asks for its jobs. */
  sign(command: Command): Promise<SignedCommand>;
  health(slot: string): Promise<HealthAnswer>;
}
