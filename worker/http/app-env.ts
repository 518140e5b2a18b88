import type { Principal } from '../context.ts';

/** What the middlewares leave for the handlers. */
export interface AppEnv {
  Variables: {
    /** A UUID v7; also in the answer's `X-Request-Id`. */
    requestId: string;
    /** Set on every route behind requireApiKey. */
    principal: Principal;
  };
}
