/** Apps that check credentials before each of their routes. */
import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context, Hono, MiddlewareHandler } from 'hono';
import type { AppEnv } from './app-env.ts';
import { answerOtherMethods } from './other-methods.ts';

/**
 * An app that runs `guards` before every route of `parts`, and answers the methods that their paths do not have. The guards are bound to the paths of those routes, so the
 * protection does not depend on the order in which apps are mounted, and no other path is affected.
 */
export function guardedApp<E extends AppEnv>(
  guards: readonly MiddlewareHandler<E>[],
  parts: readonly (Hono<E> | OpenAPIHono<E>)[],
): OpenAPIHono<E> {
  const app = new OpenAPIHono<E>();
  const routes = parts.flatMap((part) => part.routes);
  const byPath = Map.groupBy(routes, ({ path }) => path);
  const onceEach = guards.map(once);
  for (const path of byPath.keys()) app.use(path, ...onceEach);
  for (const part of parts) app.route('/', part);
  for (const [path, ofPath] of byPath) {
    app.all(path, answerOtherMethods(ofPath.map(({ method }) => method)));
  }
  return app;
}

/** A request can match several paths, such as `/metadata/basic` and `/metadata/:id`. A guard that reads its body cannot read it again. */
function once<E extends AppEnv>(guard: MiddlewareHandler<E>): MiddlewareHandler<E> {
  const guarded = new WeakSet<Context<E>>();
  return async (c, next) => {
    if (guarded.has(c)) return next();
    guarded.add(c);
    return guard(c, next);
  };
}
