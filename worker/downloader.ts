/** The downloader as the Worker sees it, whether it is a container or a process behind DOWNLOADER_URL. */
import type { Command, HealthAnswer, ProbeAnswer, ProbeRequest } from './contract/downloader/command.ts';
import type { SignedCommand } from './contract/downloader/claim.ts';

/**
 * `unreachable`: the attempt did not begin, because there was no connection, or the answer was 429 (full) or 503
 * (draining). `unsupported`: it did not begin, because the downloader is of an earlier version and does not know a member
 * of the command (400). `unknown`: the answer was lost, so the attempt may have begun.
 */
export type DispatchOutcome = 'accepted' | 'unreachable' | 'unsupported' | 'unknown';

export interface Downloader {
  /** Hands an attempt over. Never throws. */
  dispatch(slot: string, command: Command): Promise<DispatchOutcome>;
  /** Asks the slot to stop a job. If this fails, the next heartbeat tells it again. Never throws. */
  cancel(slot: string, jobId: string): Promise<void>;
  /** Checks what a socket to this host would find, from the first slot or from `slot`. Throws when the downloader does not answer. */
  probe(request: ProbeRequest, slot?: string): Promise<ProbeAnswer>;
  /** The signed form of a command, for a downloader that asks for its jobs. */
  sign(command: Command): Promise<SignedCommand>;
  health(slot: string): Promise<HealthAnswer>;
}
