/** `GET /openapi.json`: the description that the routes themselves are made of. */
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { AppEnv } from '../http/app-env.ts';
import { VERSION } from '../version.ts';

const ABOUT =
  'Imports media from a URL into the storage of this service or into your own S3-compatible bucket. Sizes are bytes, durations seconds, times ISO 8601. Unknown fields of a request are refused.';

/** Adds the route to the app; `publicUrl` is the address that the description names. All routes must be mounted by the first request. */
export function describeApp(app: OpenAPIHono<AppEnv>, publicUrl: string): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'apiKey', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key: `Authorization: Bearer imp_…`.',
  });
  app.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: {
      title: 'Media import API',
      version: VERSION,
      description: ABOUT,
      license: { name: 'MIT' },
    },
    servers: [{ url: publicUrl }],
  });
}
