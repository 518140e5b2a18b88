/** `GET /media/…`: files of service storage, for everyone who has a signed link. */
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Ctx } from '../context.ts';
import { AppError } from '../errors.ts';
import type { AppEnv } from '../http/app-env.ts';
import { mediaKeyOf } from '../storage/copies/media-link.ts';
import { serveMedia } from '../storage/copies/serve-media.ts';
import { errorResponses } from './responses.ts';

const bytes = { '*/*': { schema: z.string().meta({ format: 'binary' }) } };

/** Only a description: a key contains slashes, which a path parameter of OpenAPI cannot. */
const mediaRoute = createRoute({
  method: 'get',
  path: '/media/{key}',
  summary: 'Read a file of service storage',
  description:
    'The URL is `mediaUrl` of a completed import and is valid until `expires`. Supports HEAD, `Range` with a single range, `If-Range` and `If-None-Match`.',
  request: {
    params: z.object({ key: z.string().meta({ description: 'Contains slashes.' }) }),
    query: z.object({
      expires: z.string().meta({ description: 'When the link ends, in unix seconds.' }),
      signature: z.string().meta({ description: 'The signature of the link.' }),
    }),
  },
  responses: {
    200: { description: 'The file.', content: bytes },
    206: { description: 'The requested range.', content: bytes },
    304: { description: 'The file matches `If-None-Match`.' },
    416: { description: 'The range is outside the file. `Content-Range` states the size.' },
    ...errorResponses('media_link_invalid', 'media_gone'),
  },
});

/** The route, for the app to mount. */
export function mediaRoutes(ctx: Ctx): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>();
  routes.openAPIRegistry.registerPath(mediaRoute);
  // Hono also uses this handler for HEAD.
  routes.get('/media/*', (c) => {
    const { pathname } = new URL(c.req.url);
    const key = mediaKeyOf(pathname);
    if (key === null) throw new AppError('media_link_invalid');
    const header = (name: string) => c.req.header(name) ?? null;
    return serveMedia(ctx, {
      key,
      expires: c.req.query('expires') ?? '',
      signature: c.req.query('signature') ?? '',
      method: c.req.method === 'HEAD' ? 'HEAD' : 'GET',
      range: header('range'),
      ifNoneMatch: header('if-none-match'),
      ifRange: header('if-range'),
    });
  });
  return routes;
}
