/** Checks whether an object can be read by its URL without credentials. */
import type { Ctx } from '../../context.ts';
import { hostOfUrl, verdictOf } from '../destinations/endpoint-verdict.ts';
import { PAST_CACHE } from '../s3/client.ts';

export interface PublicAccess {
  /** Anybody can read the object. */
  publiclyReadable: boolean;
  /** Web pages of any origin can read the object in a browser. */
  cors: boolean;
}

/** An origin that no CORS rule names. */
const ORIGIN = 'https://any-origin.example';
/** Timeout of one request, in milliseconds. */
const TIMEOUT_MS = 8_000;

/**
 * Sends an anonymous GET for one byte and a CORS preflight, and follows no redirects. Null when the host does not answer, and without a
 * request when the downloader refuses its address.
 */
export async function checkPublicAccess(
  ctx: Pick<Ctx, 'fetch' | 'downloader'>,
  url: string,
): Promise<PublicAccess | null> {
  try {
    if (await isRefused(ctx, url)) return null;
    const preflight = { 'access-control-request-method': 'GET', 'access-control-request-headers': 'range' };
    const [read, asked] = [
      await visit(ctx, url, 'GET', { range: 'bytes=0-0' }),
      await visit(ctx, url, 'OPTIONS', preflight),
    ];
    return {
      publiclyReadable: read.status === 200 || read.status === 206,
      // Some servers answer no preflight, and a page can read without one.
      cors: (isOk(asked) && isForAll(asked)) || isForAll(read),
    };
  } catch {
    return null;
  }
}

/** The host may be one that no other request goes to. When the downloader does not answer, nothing is known against it. */
async function isRefused(ctx: Pick<Ctx, 'downloader'>, url: string): Promise<boolean> {
  const probe = await ctx.downloader.probe(hostOfUrl(url)).catch(() => null);
  return probe !== null && verdictOf(probe) !== 'allowed';
}

async function visit(
  ctx: Pick<Ctx, 'fetch'>,
  url: string,
  method: 'GET' | 'OPTIONS',
  headers: Record<string, string>,
): Promise<Response> {
  const answer = await ctx.fetch(url, {
    method,
    headers: { origin: ORIGIN, ...headers },
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...PAST_CACHE,
  });
  await answer.body?.cancel();
  return answer;
}

function isOk({ status }: Response): boolean {
  return status >= 200 && status < 300;
}

function isForAll({ headers }: Response): boolean {
  const allowed = headers.get('access-control-allow-origin');
  return allowed === '*' || allowed === ORIGIN;
}
