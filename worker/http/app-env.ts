import type { Principal } from '../context.ts';

/** The variables that middlewares set for handlers. */
export interface AppEnv {
  Variables: {
    /** A UUID v7, also sent as `X-Request-Id`. */
    requestId: string;
    /** Set by requireApiKey. */
    principal: Principal;
  };
}
