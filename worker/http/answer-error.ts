/** The one place where an error becomes an answer. */
import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { AppError, invalidFields } from '../errors.ts';
import type { Log } from '../log.ts';
import type { AppEnv } from './app-env.ts';
import { errorBody } from './error-body.ts';

/** For `app.onError`: expected errors say what they are, all others only "Internal error" with the request id; their cause goes to the log. */
export function answerErrors(log: Log) {
  return (error: Error, c: Context<AppEnv>): Response => {
    const known = toAppError(error);
    if (known) return answerError(c, known);
    log.error('request_failed', {
      requestId: c.var.requestId,
      method: c.req.method,
      path: c.req.path,
      ...causeOf(error),
    });
    return answerError(c, new AppError('internal_error'));
  };
}

/** The handler of paths that do not exist. */
export function answerNotFound(c: Context<AppEnv>): Response {
  return answerError(c, new AppError('not_found'));
}

function answerError(c: Context<AppEnv>, error: AppError): Response {
  if (error.code === 'unauthorized') c.header('WWW-Authenticate', 'Bearer');
  return c.json(errorBody(error, c.var.requestId), error.status as ContentfulStatusCode);
}

/** What the framework itself throws (a wrong content type, malformed JSON) is a fault of the request. */
function toAppError(error: Error): AppError | null {
  if (error instanceof AppError) return error;
  if (!(error instanceof HTTPException)) return null;
  if (error.status === 415) {
    return invalidFields([{ field: 'Content-Type', message: 'Content-Type must be application/json' }]);
  }
  if (error.status === 400) {
    return invalidFields([{ field: 'body', message: 'body is not well-formed JSON' }]);
  }
  return null;
}

/** Name, message and the causes below it: a drizzle error says what it ran, its cause why that failed. Its parameters hold users' data and stay out. */
function causeOf(error: Error): Record<string, unknown> {
  const cause = error.cause instanceof Error ? error.cause.message : undefined;
  const [message] = error.message.split('\nparams:');
  return { error: error.name, message, cause, stack: stackOf(error) };
}

/** The frames alone: the first lines of a stack repeat the message. */
function stackOf(error: Error): string | undefined {
  return error.stack
    ?.split('\n')
    .filter((line) => line.trimStart().startsWith('at '))
    .join('\n');
}
