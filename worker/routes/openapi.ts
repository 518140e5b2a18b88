/** `GET /openapi.json`: the description of the API, generated from the routes. */
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { AppEnv } from '../http/app-env.ts';
import { addLimitHeaders } from './limit-headers.ts';
import { addTags } from './openapi-tags.ts';
import { VERSION } from '../version.ts';

const ABOUT =
  'Imports media from a URL into the storage of this service or into your own S3-compatible bucket. Sizes are in bytes, durations in seconds, times in ISO 8601. A request with an unknown field is refused.';

/** Adds the route to the app. `publicUrl` is the server address in the description. Mount all other routes before the first request. */
export function describeApp(app: OpenAPIHono<AppEnv>, publicUrl: string): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'apiKey', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key: `Authorization: Bearer imp_…`.',
  });
  let rendered: string | undefined;
  app.get('/openapi.json', (c) => {
    // Rendering takes tens of milliseconds of CPU, and the routes never change.
    rendered ??= render(app, publicUrl);
    return c.body(rendered, 200, { 'Content-Type': 'application/json' });
  });
}

function render(app: OpenAPIHono<AppEnv>, publicUrl: string): string {
  const description = app.getOpenAPI31Document(describeService(publicUrl));
  addLimitHeaders(description);
  addTags(description);
  return JSON.stringify(description);
}

function describeService(publicUrl: string) {
  return {
    openapi: '3.1.0',
    info: { title: 'Media import API', version: VERSION, description: ABOUT, license: { name: 'MIT' } },
    servers: [{ url: publicUrl }],
  };
}
