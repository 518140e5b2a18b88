/** Protection against forged requests: a page of another site cannot send a form in the name of the user. */
import { createMiddleware } from 'hono/factory';
import { AppError } from '../errors.ts';
import type { SiteEnv } from './site-env.ts';

const READS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses a request that changes something unless the browser says that a page of this site sent it. Browsers set both headers, and
 * pages cannot change them.
 */
export function refuseOtherSites(publicUrl: string) {
  const publicOrigin = new URL(publicUrl).origin;
  return createMiddleware<SiteEnv>(async (c, next) => {
    const site = c.req.header('Sec-Fetch-Site');
    const origin = c.req.header('Origin');
    const isOwnOrigin = origin === new URL(c.req.url).origin || origin === publicOrigin;
    const isOwn = site === undefined ? isOwnOrigin : site === 'same-origin';
    if (!READS.has(c.req.method) && !isOwn) throw new AppError('page_from_other_site');
    await next();
  });
}
