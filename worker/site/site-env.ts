/** What the pages know about a request. */
import type { Principal } from '../context.ts';
import type { Code } from '../contract/codes.ts';

/** Whoever is signed in, and the workspace whose things the pages show. */
export interface SiteSession {
  principal: Principal;
  user: { id: string; email: string; name: string };
  workspace: WorkspaceOfUser;
  /** All workspaces of the user. */
  workspaces: readonly WorkspaceOfUser[];
  /** Whether the user is an owner of the operator's workspace. */
  isOperator: boolean;
}

export interface WorkspaceOfUser {
  id: string;
  name: string;
  role: string;
}

/** Finds the session of a request; null for a visitor. */
export type ReadSession = (request: Request) => Promise<SiteSession | null>;

/** The environment of the site's app. */
export interface SiteEnv {
  /** Handed over by the app around it. */
  Bindings: {
    requestId: string;
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
