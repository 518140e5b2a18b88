import type { Principal } from '../context.ts';
import type { Code } from '../contract/codes.ts';
import type { Standing } from '../contract/rates.ts';

/** The variables that middlewares set for handlers. */
export interface AppEnv {
  Variables: {
    /** A UUID v7, also sent as `X-Request-Id`. */
    requestId: string;
    /** Set by requireApiKey. */
    principal: Principal;
    /** Set once the request is counted for the limits of rates. */
    isCounted?: boolean;
    /** Where the limit of requests stands that is used up first. */
    standing?: Standing;
    /** The job that the request is about, for the log. */
    about?: { jobId: string; attempt?: number };
    /** The code of an error answer, for the log. */
    errorCode?: Code;
  };
}
