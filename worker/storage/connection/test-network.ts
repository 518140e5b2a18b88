/** The first checks: the downloader resolves the host name and checks address and certificate. It sends no request. */
import type { Ctx } from '../../context.ts';
import type { ProbeAnswer } from '../../contract/downloader/command.ts';
import { AppError } from '../../errors.ts';
import type { ConnectionCheck } from '../../contract/api/storage/connection-report.ts';
import { fail, pass, warn } from './connection-report.ts';
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

/**
 * Asks the downloader, since it sends the parts. A downloader that does not answer gives a warning: the Worker may still
 * reach the storage.
 */
export async function checkNetwork(
  ctx: NetworkCtx,
  target: S3Target,
  { hasEndpoint }: { hasEndpoint: boolean },
): Promise<ConnectionCheck[]> {
  const { hostname, port, protocol } = new URL(objectUrl(target, 'x'));
  const isTls = protocol === 'https:';
  const hint = hasEndpoint ? CHECK_ENDPOINT : 'Check the region, which is part of the host name.';
  let probe: ProbeAnswer;
  try {
    probe = await ctx.downloader.probe({ host: hostname, port: Number(port || (isTls ? 443 : 80)) });
  } catch (error) {
    ctx.log.info('storage.probe_failed', { error: String(error) });
    return [
      warn(
        'address',
        'The downloader does not answer, so its connection to the storage was not checked.',
        'Start the downloader and test again.',
      ),
    ];
  }
  if (!probe.allowed)
    return [fail('address', new AppError('storage_address_forbidden', probe.reason ?? undefined))];
  if (probe.addresses.length === 0)
    return [
      fail('dns', new AppError('storage_unreachable', probe.reason ?? `${hostname}: no address`), hint),
    ];
  const named = [pass('address', 'The address is allowed.'), pass('dns', `${hostname} has an address.`)];
  return isTls ? [...named, checkTls(ctx, probe, hostname, hint)] : named;
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
