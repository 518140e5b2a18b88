/** The first checks: the downloader resolves the host name and checks address and certificate. It sends no request. */
import type { Ctx } from '../../context.ts';
import type { EndpointVerdict, LearnedFacts } from '../../db/destination-columns.ts';
import type { ProbeAnswer } from '../../contract/downloader/command.ts';
import { AppError } from '../../errors.ts';
import type { ConnectionCheck } from '../../contract/api/storage/connection-report.ts';
import { fail, pass, warn } from './connection-report.ts';
import { hostOf, knownVerdict, verdictOf } from '../destinations/endpoint-verdict.ts';
import { objectUrl, type S3Target } from '../s3/target.ts';

/** Days before its end from which a certificate gives a warning. */
const SOON_DAYS = 14;
const DAY_MS = 24 * 3600_000;
const CHECK_ENDPOINT =
  'Check the endpoint. If it has a private address, ask the operator to allow the host with EGRESS_ALLOW.';

/** The part of a context that these checks use. */
interface NetworkCtx extends Pick<Ctx, 'now'> {
  downloader: Pick<Ctx['downloader'], 'probe'>;
  log: Pick<Ctx['log'], 'info'>;
}

/** `verdict` is null when the downloader does not answer. */
export interface NetworkFindings {
  checks: ConnectionCheck[];
  verdict: EndpointVerdict | null;
}

/**
 * Asks the downloader, since it sends the parts. A downloader that does not answer gives a warning, since the Worker may still
 * reach the storage, unless the last probe refused the host (`known`).
 */
export async function checkNetwork(
  ctx: NetworkCtx,
  target: S3Target,
  { hasEndpoint, known }: { hasEndpoint: boolean; known?: LearnedFacts | null | undefined },
): Promise<NetworkFindings> {
  const at = hostOf(target);
  const isTls = new URL(objectUrl(target, 'x')).protocol === 'https:';
  const hint = hasEndpoint ? CHECK_ENDPOINT : 'Check the region, which is part of the host name.';
  let probe: ProbeAnswer;
  try {
    probe = await ctx.downloader.probe(at);
  } catch (error) {
    ctx.log.info('storage.probe_failed', { error: String(error) });
    const last = knownVerdict(known, at) ?? 'allowed';
    return { checks: [last === 'allowed' ? unprobed() : refusal(last, null, at.host, hint)], verdict: null };
  }
  const verdict = verdictOf(probe);
  if (verdict !== 'allowed') return { checks: [refusal(verdict, probe.reason, at.host, hint)], verdict };
  const named = [pass('address', 'The address is allowed.'), pass('dns', `${at.host} has an address.`)];
  return { checks: isTls ? [...named, checkTls(ctx, probe, at.host, hint)] : named, verdict };
}

function unprobed(): ConnectionCheck {
  return warn(
    'address',
    'The downloader does not answer, so its connection to the storage was not checked.',
    'Start the downloader and test again.',
  );
}

function refusal(
  verdict: Exclude<EndpointVerdict, 'allowed'>,
  reason: string | null,
  hostname: string,
  hint: string,
): ConnectionCheck {
  if (verdict === 'storage_address_forbidden')
    return fail('address', new AppError(verdict, reason ?? undefined));
  return fail('dns', new AppError(verdict, reason ?? `${hostname}: no address`), hint);
}

function checkTls(
  ctx: NetworkCtx,
  { tls, reason }: ProbeAnswer,
  hostname: string,
  hint: string,
): ConnectionCheck {
  if (tls === null) return fail('tls', new AppError('storage_unreachable', reason ?? 'no TLS'), hint);
  if (!tls.authorized) {
    const detail = `the certificate of ${hostname} is not valid: ${tls.error ?? 'unknown reason'}`;
    const hint =
      'Use the host that the certificate names, or renew the certificate. With "addressing": "path" the host does not contain the bucket.';
    return fail('tls', new AppError('storage_unreachable', detail), hint);
  }
  const leftMs = tls.validTo === null ? Infinity : Date.parse(tls.validTo) - ctx.now();
  if (leftMs < SOON_DAYS * DAY_MS) {
    const days = Math.max(0, Math.floor(leftMs / DAY_MS));
    return warn('tls', `The certificate expires in ${days} days.`, 'Renew it in time.');
  }
  return pass('tls', `The certificate is valid${tls.protocol === null ? '' : ` (${tls.protocol})`}.`);
}
