/** `/`: people go to the dashboard, and clients read where the API is described. */
import { Hono } from 'hono';
import { accepts } from 'hono/accepts';
import type { Ctx } from '../../../context.ts';
import type { SiteEnv } from '../../site-env.ts';

const JSON_TYPE = 'application/json';
const PAGE_TYPE = 'text/html';

/** The route, for the site's app to mount. */
export function entryPages({ config: { PUBLIC_URL } }: Ctx): Hono<SiteEnv> {
  return new Hono<SiteEnv>().get('/', (c) => {
    c.header('Vary', 'Accept');
    const type = accepts(c, { header: 'Accept', supports: [PAGE_TYPE, JSON_TYPE], default: JSON_TYPE });
    if (type === PAGE_TYPE) return c.redirect('/dashboard', 303);
    const data = {
      service: 'importly-open',
      openapi: `${PUBLIC_URL}/openapi.json`,
      docs: `${PUBLIC_URL}/docs`,
      dashboard: `${PUBLIC_URL}/dashboard`,
    };
    return c.json({ success: true, data });
  });
}
