/** Turns every error into an answer. */
import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { AppError, invalidFields } from '../errors.ts';
import type { Log } from '../contract/log.ts';
import type { AppEnv } from './app-env.ts';
import { errorBody } from './error-body.ts';

/** For limits that end when a job ends: nobody knows when that is. */
const LIMIT_SECONDS = 30;
/** An overloaded database works off its queue within seconds. */
const OVERLOAD_SECONDS = 5;

/**
 * For `app.onError`. An expected error is answered with its code. Any other is answered with "Internal error", or that the
 * database is overloaded, and the request ID, and its cause is logged.
 */
export function answerErrors(log: Log) {
  return (error: Error, c: Context<AppEnv>): Response => {
    const { requestId, about } = c.var;
    const { method, path } = c.req;
    return answerError(c, toKnownError(error, log, { requestId, method, path, ...about }));
  };
}

/** The error that the client reads. The cause of an unexpected one is logged with these facts about the request. */
export function toKnownError(error: Error, log: Log, facts: Record<string, unknown>): AppError {
  const known = toAppError(error);
  if (known) return known;
  log.error('request.failed', { ...facts, ...causeOf(error) });
  return new AppError(isOverload(error) ? 'database_overloaded' : 'internal_error');
}

/** The handler for paths that do not exist. */
export function answerNotFound(c: Context<AppEnv>): Response {
  return answerError(c, new AppError('not_found'));
}

function answerError(c: Context<AppEnv>, error: AppError): Response {
  c.set('errorCode', error.code);
  if (error.code === 'unauthorized') c.header('WWW-Authenticate', 'Bearer');
  const body = errorBody(error, c.var.requestId);
  if (error.status === 503) c.header('Retry-After', String(OVERLOAD_SECONDS));
  if (error.status !== 429) return c.json(body, error.status as ContentfulStatusCode);
  const { retryAfter = LIMIT_SECONDS } = error.fields;
  if (typeof retryAfter === 'number') c.header('Retry-After', String(retryAfter));
  return c.json({ ...body, endpoint: c.req.path }, 429);
}

/** Errors that the framework throws (wrong content type, malformed JSON) are faults of the request. */
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

/** D1 refuses statements that have waited for too long, or too many of them. It has not run them. */
function isOverload({ message, cause }: Error): boolean {
  const reason = cause instanceof Error ? cause.message : message;
  return /D1 DB is overloaded/i.test(reason);
}

/**
 * Facts about an error for the log. A database error names the statement, and its cause the reason. The parameters are
 * user data and are omitted.
 */
function causeOf(error: Error): Record<string, unknown> {
  const cause = error.cause instanceof Error ? error.cause.message : undefined;
  const [message] = error.message.split('\nparams:');
  return { error: error.name, message, cause, stack: stackOf(error) };
}

/** The stack without its first lines, which repeat the message. */
function stackOf(error: Error): string | undefined {
  return error.stack
    ?.split('\n')
    .filter((line) => line.trimStart().startsWith('at '))
    .join('\n');
}
