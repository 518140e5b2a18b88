/** `GET /openapi.json`: the description of the API, generated from the routes. */
import { OpenAPIHono } from '@hono/zod-openapi';
import type { AppEnv } from '../http/app-env.ts';
import { addLimitHeaders } from './limit-headers.ts';
import { addTags } from './openapi-tags.ts';
import { VERSION } from '../version.ts';

const ABOUT =
  'Imports media from a URL into the storage of this service or into your own S3-compatible bucket. Sizes are in bytes, durations in seconds, times in ISO 8601. A request with an unknown field is refused.';

/**
 * The description of all routes of the app; `publicUrl` is its server address. It is made at the first call, after which no route
 * may be mounted.
 */
export function apiDescription(app: OpenAPIHono<AppEnv>, publicUrl: string): () => object {
  app.openAPIRegistry.registerComponent('securitySchemes', 'apiKey', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key: `Authorization: Bearer imp_…`.',
  });
  let description: object | undefined;
  // Rendering takes up to 300 ms of CPU, and the routes never change.
  return () => (description ??= describe(app, publicUrl));
}

/** The route, for the app to mount. */
export function openApiRoutes(describeApi: () => object): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>();
  let text: string | undefined;
  routes.get('/openapi.json', (c) => {
    text ??= JSON.stringify(describeApi());
    return c.body(text, 200, { 'Content-Type': 'application/json' });
  });
  return routes;
}

function describe(app: OpenAPIHono<AppEnv>, publicUrl: string): object {
  const description = app.getOpenAPI31Document(describeService(publicUrl));
  addLimitHeaders(description);
  addTags(description);
  return description;
}

function describeService(publicUrl: string) {
  return {
    openapi: '3.1.0',
    info: { title: 'Media import API', version: VERSION, description: ABOUT, license: { name: 'MIT' } },
    servers: [{ url: publicUrl }],
  };
}
