/** One request to an endpoint, bounded in time and in what is read of the answer. */
import type { Ctx } from '../context.ts';
import type { AttemptError } from '../contract/api/webhooks/delivery-view.ts';
import { toOneLine } from '../contract/plain-text.ts';
import { parseRetryAfter } from './retry-schedule.ts';

/** For the whole request: Standard Webhooks recommends 15 to 30 s. The platform ends background work after 30 s. */
const TIMEOUT_MS = 15_000;
/** The body of an answer is read for the log only. */
const ANSWER_TIMEOUT_MS = 2_000;
const MAX_ANSWER_BYTES = 4_000;
const MAX_ANSWER_CHARACTERS = 1_000;

export interface WebhookRequest {
  url: string;
  headers: Record<string, string>;
  body: string;
}

export interface WebhookResult {
  /** Null when no answer came. */
  answer: { status: number; body: string } | null;
  /** Null when the endpoint took the event. */
  error: AttemptError | null;
  retryAfterMs: number | null;
}

/**
 * Sends the request. Any 2xx status means that the endpoint has taken the event, whatever follows it. A redirect is never
 * followed: it could lead anywhere. Never throws.
 */
export async function postWebhook(
  ctx: Pick<Ctx, 'fetch' | 'now'>,
  { url, headers, body }: WebhookRequest,
  timeoutMs = TIMEOUT_MS,
): Promise<WebhookResult> {
  const signal = AbortSignal.timeout(timeoutMs);
  let response: Response;
  try {
    response = await ctx.fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
  } catch {
    return { answer: null, error: signal.aborted ? 'timeout' : 'unreachable', retryAfterMs: null };
  }
  const retryAfterMs = parseRetryAfter(response.headers.get('Retry-After'), ctx.now());
  const answer = { status: response.status, body: await readStart(response) };
  return { answer, error: errorOf(response.status), retryAfterMs };
}

function errorOf(status: number): AttemptError | null {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) return 'redirect';
  return status === 410 ? 'gone' : 'status';
}

/** The beginning of the body on one line; what was read when it breaks off or takes too long. */
async function readStart({ body }: Response): Promise<string> {
  if (body === null) return '';
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Ends a read that waits.
  const timer = setTimeout(() => void reader.cancel().catch(() => undefined), ANSWER_TIMEOUT_MS);
  try {
    while (bytes < MAX_ANSWER_BYTES) {
      const { done, value } = await reader.read();
      if (done) break;
      chunks.push(value);
      bytes += value.length;
    }
  } catch {
    // The connection broke: the log keeps what came before.
  } finally {
    clearTimeout(timer);
    await reader.cancel().catch(() => undefined);
  }
  return toText(chunks);
}

function toText(chunks: readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  const text = chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join('');
  return toOneLine(text.slice(0, MAX_ANSWER_BYTES)).slice(0, MAX_ANSWER_CHARACTERS);
}
