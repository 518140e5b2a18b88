/** What the pages know about a request. */
import type { SiteSession } from '../accounts/site-session.ts';
import type { Code } from '../contract/codes.ts';

export type { SiteSession };

/** The environment of the site's app. */
export interface SiteEnv {
  /** Handed over by the app around it. */
  Bindings: {
    requestId: string;
    /** The OpenAPI document of the API. */
    describeApi: () => object;
    /** Tells the log who sent the request. */
    noteSession: (session: SiteSession) => void;
    /** Tells the log which error was answered. */
    noteError: (code: Code) => void;
  };
  Variables: {
    /** Set by requireSession; null on pages for everyone. */
    session: SiteSession | null;
    /** Other origins that may send media to the page: those of buckets whose files it plays. */
    mediaOrigins?: readonly string[];
  };
}
