/** The whole HTTP interface of the Worker: apps with different guards under one frame. */
import { OpenAPIHono } from '@hono/zod-openapi';
import { requireApiKey } from './auth/require-api-key.ts';
import type { Ctx } from './context.ts';
import { allowOrigins } from './http/allow-origins.ts';
import { answerErrors, answerNotFound } from './http/answer-error.ts';
import type { AppEnv } from './http/app-env.ts';
import { frameRequests } from './http/frame-requests.ts';
import { guardedApp } from './http/guarded-app.ts';
import { limitBody } from './http/limit-body.ts';
import { requireUtf8 } from './http/require-utf8.ts';
import { limitRate } from './limits/limit-rate.ts';
import { batchRoutes } from './routes/batches/batches.ts';
import { batchListRoutes } from './routes/batches/lists.ts';
import { diagnosticsRoutes } from './routes/diagnostics.ts';
import { healthRoutes } from './routes/health.ts';
import { destinationOfImport } from './routes/imports/default-destination.ts';
import { importRoutes } from './routes/imports/import.ts';
import { importDeleteRoutes } from './routes/imports/delete.ts';
import { importEventsRoutes } from './routes/imports/events.ts';
import { importsRoutes } from './routes/imports/imports.ts';
import { importListRoutes } from './routes/imports/list.ts';
import { pollOfImport } from './routes/imports/poll-import.ts';
import { importsStoreRoutes } from './routes/imports/store.ts';
import { internalApp } from './routes/internal/internal.ts';
import { keyRoutes } from './routes/keys.ts';
import { metadataEndRoutes } from './routes/metadata/end.ts';
import { metadataRoutes } from './routes/metadata/metadata.ts';
import { mediaRoutes } from './routes/media.ts';
import { apiDescription, openApiRoutes } from './routes/openapi.ts';
import { destinationRoutes } from './routes/storage/destinations.ts';
import { siteRoutes } from './routes/sites.ts';
import { sampleRoutes } from './routes/sample.ts';
import { storageTestRoutes } from './routes/storage/test-connection.ts';
import { storageRoutes } from './routes/storage/settings.ts';
import { usageRoutes } from './routes/usage.ts';
import { storageMigrateRoutes } from './routes/storage/migrate.ts';
import { webhookDeliveryRoutes } from './routes/webhooks/deliveries.ts';
import { webhookRoutes } from './routes/webhooks/endpoints.ts';
import { mountSite } from './site/mount-site.ts';

/** Bodies of the public API are a few short strings. */
const MAX_BODY_BYTES = 64 * 1024;
/** 1,000 URLs of 2 KiB with their options. */
const MAX_BATCH_BYTES = 4 * 1024 * 1024;

/** The app over one context. */
export function createApp(ctx: Ctx): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>();
  const describeApi = apiDescription(app, ctx.config.PUBLIC_URL);
  app.onError(answerErrors(ctx.log));
  app.use(frameRequests(ctx));
  // Before CORS, which is for the API only.
  app.route('/', mountSite(ctx, describeApi));
  app.use(allowOrigins());
  app.route('/', openApp(ctx));
  app.route('/', apiApp(ctx));
  app.route('/', batchApp(ctx));
  app.route('/internal', internalApp(ctx));
  app.route('/', openApiRoutes(describeApi));
  // After all others: without an API key, a path that does not exist answers like one that does.
  app.all('*', requireApiKey(ctx), limitRate(ctx), answerNotFound);
  return app;
}

/** Routes without credentials. A media link carries its own signature. */
function openApp(ctx: Ctx): OpenAPIHono<AppEnv> {
  return guardedApp([], [healthRoutes(ctx), sampleRoutes(), mediaRoutes(ctx)]);
}

/** Routes that require an API key, with bodies of many URLs. */
function batchApp(ctx: Ctx): OpenAPIHono<AppEnv> {
  return guardedApp(
    [requireApiKey(ctx), limitRate(ctx), limitBody(MAX_BATCH_BYTES)],
    [batchRoutes(ctx), batchListRoutes(ctx)],
  );
}

/** Routes that require an API key. */
function apiApp(ctx: Ctx): OpenAPIHono<AppEnv> {
  const pollOf = pollOfImport(ctx);
  const destinationOf = destinationOfImport(ctx);
  return guardedApp(
    [
      requireApiKey(ctx, (c) => pollOf(c) ?? destinationOf(c)),
      limitRate(ctx),
      limitBody(MAX_BODY_BYTES),
      requireUtf8,
    ],
    [
      diagnosticsRoutes(ctx),
      importRoutes(ctx),
      importListRoutes(ctx),
      importsRoutes(ctx),
      importDeleteRoutes(ctx),
      importEventsRoutes(ctx),
      importsStoreRoutes(ctx),
      metadataRoutes(ctx),
      metadataEndRoutes(ctx),
      keyRoutes(ctx),
      siteRoutes(ctx),
      storageRoutes(ctx),
      storageMigrateRoutes(ctx),
      destinationRoutes(ctx),
      storageTestRoutes(ctx),
      usageRoutes(ctx),
      webhookRoutes(ctx),
      webhookDeliveryRoutes(ctx),
    ],
  );
}
