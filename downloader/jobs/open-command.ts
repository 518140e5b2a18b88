/** Reads a job that came in the answer to a call of this downloader. */
import type { KeyObject } from 'node:crypto';
import type { SignedCommand } from '../../worker/contract/downloader/claim.ts';
import { Command } from '../../worker/contract/downloader/command.ts';
import { SIGNATURE_HEADER, TIMESTAMP_HEADER } from '../../worker/contract/downloader/signature.ts';
import { isFromWorker } from '../dispatch-signature.ts';

/** The same proof as for a job that is sent: only the Worker can sign it. Throws when the proof or the command is not valid. */
export function openCommand(
  { body, timestamp, signature }: SignedCommand,
  { dispatchPublicKey, now }: { dispatchPublicKey: KeyObject; now: () => number },
): Command {
  const headers = { [TIMESTAMP_HEADER]: timestamp, [SIGNATURE_HEADER]: signature };
  if (!isFromWorker({ method: 'POST', path: '/jobs', headers, body }, dispatchPublicKey, now())) {
    throw new Error('the signature of the job is not valid; is DISPATCH_PUBLIC_KEY that of this Worker?');
  }
  return Command.parse(JSON.parse(body));
}
