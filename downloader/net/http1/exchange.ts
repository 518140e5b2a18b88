/** One request and its answer, as the parts of the HTTP client see them. */
import type { AnswerHead } from './answer-head.ts';

export interface HttpRequest {
  method: string;
  url: URL;
  /** Lower-case names. `host` and `connection` are added. A body needs its `content-length`. */
  headers: Record<string, string>;
  body?: AsyncIterable<Uint8Array>;
  /** Milliseconds from the end of the request to the head of the answer. */
  headersTimeoutMs: number;
  /** Longest silence inside the body of the answer, in milliseconds; a paused reader does not count. */
  idleTimeoutMs: number;
}

/** Receives one answer: the head, the chunks of its body, and the end; or a failure at any time. */
export interface AnswerHandler {
  onHead(head: AnswerHead): void;
  /** The chunk is valid only until the call returns: copy what is kept longer. */
  onChunk(chunk: Buffer): void;
  onEnd(): void;
  onError(error: Error): void;
  /** Memory for the next bytes of the body. They come as a chunk in this place. Null or absent: in memory of the connection. */
  room?(): Buffer | null;
}

/** What the reader of an answer may do. */
export interface Exchange {
  /** No chunks come until `resume`, except for the rest of the one that is being delivered. */
  pause(): void;
  resume(): void;
  /** Ends the exchange and its connection. The handler is not called any more, and its memory is not written any more. */
  abort(): void;
}

/** Sends requests. */
export interface HttpClient {
  /** All failures go to the handler, later. */
  send(request: HttpRequest, handler: AnswerHandler): Exchange;
}
