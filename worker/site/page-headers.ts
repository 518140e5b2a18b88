/** The headers of every page. */
import { createMiddleware } from 'hono/factory';
import type { SiteEnv } from './site-env.ts';

/** Only files of this service, no inline script or style, and no frame around the page. */
function contentSecurityPolicy(mediaOrigins: readonly string[]): string {
  const media = ["'self'", ...mediaOrigins].join(' ');
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `img-src 'self' data: ${mediaOrigins.join(' ')}`.trimEnd(),
    `media-src ${media}`,
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');
}

/** Adds the headers to every answer, also to errors and redirects. The frame around all requests adds those against caching and sniffing. */
export const addPageHeaders = createMiddleware<SiteEnv>(async (c, next) => {
  await next();
  c.header('Content-Security-Policy', contentSecurityPolicy(c.var.mediaOrigins ?? []));
  c.header('Referrer-Policy', 'same-origin');
  c.header('Cross-Origin-Opener-Policy', 'same-origin');
  c.header('Cross-Origin-Resource-Policy', 'same-origin');
  c.header('X-Frame-Options', 'DENY');
});
