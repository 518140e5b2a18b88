/** The order of everything that a request meets. */
import { OpenAPIHono } from '@hono/zod-openapi';
import { requireApiKey } from './auth/require-api-key.ts';
import type { Ctx } from './context.ts';
import { answerErrors, answerNotFound } from './http/answer-error.ts';
import type { AppEnv } from './http/app-env.ts';
import { frameRequests } from './http/frame-requests.ts';
import { limitBody } from './http/limit-body.ts';
import { healthRoutes } from './routes/health.ts';
import { importRoutes } from './routes/import.ts';
import { importsRoutes } from './routes/imports.ts';
import { importsStoreRoutes } from './routes/imports-store.ts';
import { internalRoutes } from './routes/internal.ts';
import { mediaRoutes } from './routes/media.ts';
import { describeApp } from './routes/openapi.ts';
import { destinationRoutes } from './routes/storage-destinations.ts';
import { storageTestRoutes } from './routes/storage-test.ts';
import { storageRoutes } from './routes/storage.ts';
import { storageMigrateRoutes } from './routes/storage-migrate.ts';

/** Every public body is a handful of short strings. */
const MAX_BODY_BYTES = 64 * 1024;

/** The whole HTTP face of the Worker over one context. */
export function createApp(ctx: Ctx): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>();
  app.onError(answerErrors(ctx.log));
  app.notFound(answerNotFound);
  app.use(frameRequests(ctx));
  // Open to everybody, or behind proofs of their own.
  app.route('/', healthRoutes());
  describeApp(app, ctx.config.PUBLIC_URL);
  app.route('/', mediaRoutes(ctx));
  app.route('/internal', internalRoutes(ctx));
  // From here on nothing answers without an API key, not even that there is nothing.
  app.use(requireApiKey(ctx));
  app.use(limitBody(MAX_BODY_BYTES));
  app.route('/', importRoutes(ctx));
  app.route('/', importsRoutes(ctx));
  app.route('/', importsStoreRoutes(ctx));
  app.route('/', storageRoutes(ctx));
  app.route('/', storageMigrateRoutes(ctx));
  app.route('/', destinationRoutes(ctx));
  app.route('/', storageTestRoutes(ctx));
  return app;
}
