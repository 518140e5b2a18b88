/** One request to the stand-in, and what it is answered. */

export interface Call {
  method: string;
  /** Below `/client/v4`, without the query. */
  path: string;
  query: URLSearchParams;
  headers: Headers;
  /** The body as JSON; undefined without one, and for a form. */
  json: unknown;
  /** The parts of a multipart body. */
  form: FormData | null;
  /** What the pattern of the route captured, in its order. */
  captured: string[];
}

/** A refusal in Cloudflare's own shape: `errors: [{code, message}]`. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal';
  readonly status: number;
  readonly code: number;
  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export interface Answer {
  result: unknown;
  resultInfo?: Record<string, number>;
}

export interface Route {
  method: string;
  /** Matched against the whole path. */
  pattern: RegExp;
  handle: (call: Call) => Answer | Promise<Answer>;
}

/** A route whose `{}` segments are captured. */
export function route(method: string, path: string, handle: Route['handle']): Route {
  return { method, pattern: new RegExp(`^${path.replaceAll('{}', '([^/]+)')}$`), handle };
}

/** A captured segment, decoded. */
export function segment(call: Call, index: number): string {
  return decodeURIComponent(call.captured[index] ?? '');
}
