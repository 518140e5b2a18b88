import type { Context } from 'hono';
import type { SiteEnv } from '../../site-env.ts';

/** Adds the values of Set-Cookie that a verb returned to the answer. */
export function sendCookies(c: Context<SiteEnv>, cookies: readonly string[]): void {
  for (const cookie of cookies) c.header('Set-Cookie', cookie, { append: true });
}
