/** Passes requests to the app of the isolate, and answers them when the configuration is not valid. */
import type { OpenAPIHono } from '@hono/zod-openapi';
import { createApp } from './app.ts';
import { BadConfiguration, buildCtx } from './build-ctx.ts';
import type { Env } from './env.ts';
import { AppError } from './errors.ts';
import type { AppEnv } from './http/app-env.ts';
import { errorBody } from './http/error-body.ts';
import { uuidV7 } from './ids.ts';
import { consoleLog } from './log.ts';

/** Building an app takes milliseconds, and the bindings of an isolate never change. */
const apps = new WeakMap<Env, OpenAPIHono<AppEnv>>();

/** Answers a request. With an invalid configuration the answer is a 500, and the log names the variables but not their values. */
export async function serve(request: Request, env: Env, execution: ExecutionContext): Promise<Response> {
  try {
    return await appOf(env).fetch(request, env, execution);
  } catch (error) {
    if (!(error instanceof BadConfiguration)) throw error;
    const requestId = uuidV7(Date.now());
    const { variables, reasons } = error;
    consoleLog.error('configuration.invalid', { requestId, variables, reasons });
    const body = errorBody(new AppError('internal_error'), requestId);
    return Response.json(body, { status: 500, headers: { 'X-Request-Id': requestId } });
  }
}

function appOf(env: Env): OpenAPIHono<AppEnv> {
  const app = apps.get(env) ?? createApp(buildCtx(env));
  apps.set(env, app);
  return app;
}
