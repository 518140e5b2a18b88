/** Errors of pages, as pages: what happened, and what to do. */
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { CODES } from '../contract/codes.ts';
import type { Log } from '../contract/log.ts';
import { AppError } from '../errors.ts';
import { toKnownError } from '../http/answer-error.ts';
import { loggedPath } from '../http/logged-path.ts';
import { ButtonLink } from './components/button.tsx';
import { Card } from './components/card.tsx';
import { showPage } from './layout/show-page.tsx';
import type { SiteEnv } from './site-env.ts';

/** For `onError`. The page of an unexpected error names only the request ID; the log has the cause. */
export function answerPageErrors(log: Log) {
  return (error: Error, c: Context<SiteEnv>): Response | Promise<Response> => {
    const { requestId } = c.env;
    return errorPage(
      c,
      toKnownError(error, log, { requestId, method: c.req.method, path: loggedPath(c.req.path) }),
    );
  };
}

/** The page for paths that do not exist. */
export function answerPageNotFound(c: Context<SiteEnv>): Response | Promise<Response> {
  return errorPage(c, new AppError('not_found'));
}

function errorPage(c: Context<SiteEnv>, error: AppError): Response | Promise<Response> {
  c.env.noteError(error.code);
  const { message, hint } = CODES[error.code];
  const isMissing = error.status === 404;
  const title = isMissing ? 'Nothing is here' : message;
  const body = (
    <Card isPage title={title} foot={<ButtonLink href="/">Go to the first page</ButtonLink>}>
      {error.message !== message && <p>{error.message}</p>}
      <p>{isMissing ? 'The page does not exist, or it was deleted.' : hint}</p>
      <p class="soft small">Request {c.env.requestId}</p>
    </Card>
  );
  return showPage(c, { title, body, status: error.status as ContentfulStatusCode });
}
