/** A request whose answer is short, such as an acknowledgement or an error in XML. */
import type { AnswerHead } from './answer-head.ts';
import type { Exchange, HttpClient, HttpRequest } from './exchange.ts';

export interface ShortAnswer {
  head: AnswerHead;
  text: string;
}

/**
 * Returns the answer with at most `maxBytes` of its body; a longer one is cut off, with its connection. Throws the
 * failure of the exchange, or the reason of `signal`.
 */
export function exchange(
  client: HttpClient,
  request: HttpRequest,
  { maxBytes, signal }: { maxBytes: number; signal: AbortSignal },
): Promise<ShortAnswer> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const answer: { head: AnswerHead | null; chunks: Buffer[]; sizeBytes: number } = {
      head: null,
      chunks: [],
      sizeBytes: 0,
    };
    const running: { exchange: Exchange | null } = { exchange: null };
    const settle = (error: Error | null) => {
      signal.removeEventListener('abort', onAbort);
      if (error || !answer.head) return reject(error ?? new Error('an answer without a head'));
      resolve({ head: answer.head, text: Buffer.concat(answer.chunks).toString('utf8', 0, maxBytes) });
    };
    const onAbort = () => {
      running.exchange?.abort();
      settle(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    running.exchange = client.send(request, {
      onHead: (head) => {
        answer.head = head;
      },
      onChunk: (chunk) => {
        answer.chunks.push(Buffer.from(chunk));
        answer.sizeBytes += chunk.byteLength;
        if (answer.sizeBytes <= maxBytes) return;
        running.exchange?.abort();
        settle(null);
      },
      onEnd: () => settle(null),
      onError: settle,
    });
  });
}
