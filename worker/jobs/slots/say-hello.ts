/** A downloader has started again, and the attempts of its last process are lost. */
import { readLostProof } from '../../attempts/attempt-token.ts';
import type { Ctx } from '../../context.ts';
import type { Hello } from '../../contract/downloader/report.ts';
import { endLostAttempts } from '../end/end-attempts-of-slot.ts';

/** Ends these attempts, so that their jobs run again within seconds. Returns how many of the proofs are valid. */
export async function sayHello(ctx: Ctx, { lost }: Hello): Promise<number> {
  const read = await Promise.all(lost.map((proof) => readLostProof(ctx, proof)));
  const refs = read.filter((ref) => ref !== null);
  if (refs.length === 0) return 0;
  ctx.log.info('downloader.restarted', { attempts: refs.length });
  await endLostAttempts(ctx, refs);
  return refs.length;
}
