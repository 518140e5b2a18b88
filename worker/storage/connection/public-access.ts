/** What somebody without credentials meets at the URL of an object. */
import type { Ctx } from '../../context.ts';
import { PAST_CACHE } from '../s3/client.ts';

export interface PublicAccess {
  /** Anybody may read it. */
  publiclyReadable: boolean;
  /** Pages of any origin may read it in a browser. */
  cors: boolean;
}

/** An origin that no bucket allows by name. */
const ORIGIN = 'https://any-origin.example';
/** Nobody waits longer for a yes or no, in milliseconds. */
const TIMEOUT_MS = 8_000;

/** One anonymous GET of the first byte, and one preflight; redirects are not followed. Null when nothing answers. */
export async function checkPublicAccess(ctx: Pick<Ctx, 'fetch'>, url: string): Promise<PublicAccess | null> {
  try {
    const preflight = { 'access-control-request-method': 'GET', 'access-control-request-headers': 'range' };
    const [read, asked] = [
      await visit(ctx, url, 'GET', { range: 'bytes=0-0' }),
      await visit(ctx, url, 'OPTIONS', preflight),
    ];
    return {
      publiclyReadable: read.status === 200 || read.status === 206,
      // Some answer no preflight, and reads by a page need none.
      cors: (isOk(asked) && isForAll(asked)) || isForAll(read),
    };
  } catch {
    return null;
  }
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
