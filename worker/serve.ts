/** The way of a request into the app: one app an isolate, and a clear word when the service is not configured. */
import type { OpenAPIHono } from '@hono/zod-openapi';
import { createApp } from './app.ts';
import { BadConfiguration, buildCtx } from './build-ctx.ts';
import type { Env } from './env.ts';
import { AppError } from './errors.ts';
import type { AppEnv } from './http/app-env.ts';
import { errorBody } from './http/error-body.ts';
import { uuidV7 } from './ids.ts';
import { consoleLog } from './log.ts';

/** Building an app costs milliseconds, and its bindings are the same for every request of an isolate. */
const apps = new WeakMap<Env, OpenAPIHono<AppEnv>>();

/** Answers a request. A bad configuration is a 500 whose log line names the variables, never their values. */
export async function serve(request: Request, env: Env, execution: ExecutionContext): Promise<Response> {
  try {
    return await appOf(env).fetch(request, env, execution);
  } catch (error) {
    if (!(error instanceof BadConfiguration)) throw error;
    const requestId = uuidV7(Date.now());
    const { variables, reasons } = error;
    consoleLog.error('bad_configuration', { requestId, variables, reasons });
    const body = errorBody(new AppError('internal_error'), requestId);
    return Response.json(body, { status: 500, headers: { 'X-Request-Id': requestId } });
  }
}

function appOf(env: Env): OpenAPIHono<AppEnv> {
  const app = apps.get(env) ?? createApp(buildCtx(env));
  apps.set(env, app);
  return app;
}
