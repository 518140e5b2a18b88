/**
 * Whether requests may go to the endpoint of a destination. A Worker sees no addresses, so a downloader resolves the name; its verdict
 * stays on the destination and is renewed from time to time.
 */
import type { Ctx } from '../../context.ts';
import type { ProbeAnswer } from '../../contract/downloader/command.ts';
import type { EndpointVerdict, LearnedFacts } from '../../db/destination-columns.ts';
import type { DestinationRow } from '../../db/rows.ts';
import { AppError } from '../../errors.ts';
import { ownValue } from '../../own-value.ts';
import { objectUrl, type S3Target } from '../s3/target.ts';
import { recordFacts } from './learned-facts.ts';

/** How long a verdict is used without asking again, in milliseconds. A refusal may be a fault of DNS that ends soon. */
const ALLOWED_FOR_MS = 15 * 60_000;
const REFUSED_FOR_MS = 60_000;

/** A host and a port, as a probe takes them. */
export interface ProbedHost {
  host: string;
  port: number;
}

/** Where requests to a target connect to. */
export function hostOf(target: S3Target): ProbedHost {
  return hostOfUrl(objectUrl(target, 'x'));
}

/** Where requests to a URL connect to. */
export function hostOfUrl(url: string): ProbedHost {
  const { hostname, port, protocol } = new URL(url);
  return { host: hostname, port: Number(port || (protocol === 'https:' ? 443 : 80)) };
}

/** A name without a public address looks like one that does not exist, so that nobody learns which internal names there are. */
export function verdictOf({
  allowed,
  addresses,
}: Pick<ProbeAnswer, 'allowed' | 'addresses'>): EndpointVerdict {
  if (!allowed) return 'storage_address_forbidden';
  return addresses.length === 0 ? 'storage_unreachable' : 'allowed';
}

/** The verdict of the last probe; undefined when there was none. */
export function knownVerdict(
  learned: LearnedFacts | null | undefined,
  at: ProbedHost,
): EndpointVerdict | undefined {
  return ownValue(learned?.endpoints, keyOf(at))?.verdict;
}

/** The verdict as a learned fact. */
export function verdictFact(ctx: Pick<Ctx, 'now'>, at: ProbedHost, verdict: EndpointVerdict): LearnedFacts {
  return { endpoints: { [keyOf(at)]: { verdict, checkedAt: ctx.now() } } };
}

/**
 * AppError `storage_address_forbidden` or `storage_unreachable` when the last probe refused the host of the target. An old verdict is
 * renewed by the downloader of `slot`; null uses it as it is. Without any verdict, and when the downloader does not answer, requests
 * are allowed. The endpoints of Amazon need no verdict.
 */
export async function requireEndpoint(
  ctx: Ctx,
  { row, target, slot }: { row: DestinationRow; target: S3Target; slot: string | null },
): Promise<void> {
  if (row.endpoint === null) return;
  const at = hostOf(target);
  const known = ownValue(row.learned?.endpoints, keyOf(at));
  const renewed = slot === null || (known && isFresh(ctx, known)) ? null : await renew(ctx, row, at, slot);
  const verdict = renewed ?? known?.verdict ?? 'allowed';
  if (verdict !== 'allowed') throw new AppError(verdict, `${at.host} has no address that is allowed`);
}

function isFresh(ctx: Ctx, { verdict, checkedAt }: { verdict: EndpointVerdict; checkedAt: number }): boolean {
  return ctx.now() - checkedAt < (verdict === 'allowed' ? ALLOWED_FOR_MS : REFUSED_FOR_MS);
}

/** Null when the downloader does not answer. */
async function renew(
  ctx: Ctx,
  row: DestinationRow,
  at: ProbedHost,
  slot: string,
): Promise<EndpointVerdict | null> {
  let probe: ProbeAnswer;
  try {
    probe = await ctx.downloader.probe(at, slot);
  } catch (error) {
    ctx.log.info('storage.probe_failed', { error: String(error) });
    return null;
  }
  const verdict = verdictOf(probe);
  await recordFacts(ctx, row, verdictFact(ctx, at, verdict));
  return verdict;
}

function keyOf({ host, port }: ProbedHost): string {
  return `${host}:${port}`;
}
