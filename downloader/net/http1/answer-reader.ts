/** Finds one answer in the bytes of a connection, and gives it to its handler. */
import { errors } from 'undici';
import { MAX_HEAD_BYTES, parseAnswerHead, type AnswerHead } from './answer-head.ts';
import { ChunkedBody } from './chunked-body.ts';
import type { AnswerHandler } from './exchange.ts';

const HEAD_END = '\r\n\r\n';
/** How each answer begins. */
const VERSION = 'HTTP/1.';

export class AnswerReader {
  #handler: AnswerHandler;
  #headBytes: Buffer = Buffer.alloc(0);
  #head: AnswerHead | null = null;
  #chunked: ChunkedBody | null = null;
  /** Of a body whose length is known. */
  #restBytes = 0;
  isComplete = false;
  #isStopped = false;

  constructor(handler: AnswerHandler) {
    this.#handler = handler;
  }

  /** Null before the head has come. */
  get head(): AnswerHead | null {
    return this.#head;
  }

  /** The handler is not called any more. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Memory of the handler into which the next bytes may be read: all of them belong to its body. */
  room(): Buffer | null {
    if (this.#restBytes === 0) return null;
    return this.#handler.room?.()?.subarray(0, this.#restBytes) ?? null;
  }

  /** Takes bytes from the start of `bytes`, and returns their number: all, or those up to the end of a piece. Throws HTTPParserError. */
  take(bytes: Buffer): number {
    if (!this.#head) return this.#takeHead(bytes);
    if (this.#chunked) return this.#takeChunked(this.#chunked, bytes);
    if (this.#head.body.kind === 'connection') {
      this.#handler.onChunk(bytes);
      return bytes.byteLength;
    }
    const piece = bytes.byteLength <= this.#restBytes ? bytes : bytes.subarray(0, this.#restBytes);
    this.#restBytes -= piece.byteLength;
    this.#handler.onChunk(piece);
    if (this.#restBytes === 0) this.#end();
    return piece.byteLength;
  }

  /** The connection has ended. Returns the failure of an answer that is cut off. */
  endOfConnection(): Error | null {
    if (this.isComplete) return null;
    if (this.#head?.body.kind === 'connection') {
      this.#end();
      return null;
    }
    if (this.#head?.body.kind === 'bytes') return new errors.ResponseContentLengthMismatchError();
    return new errors.SocketError('other side closed');
  }

  #takeHead(bytes: Buffer): number {
    const before = this.#headBytes.byteLength;
    this.#headBytes = Buffer.concat([this.#headBytes, bytes]);
    const start = this.#headBytes.toString('latin1', 0, VERSION.length);
    if (!VERSION.startsWith(start)) throw new errors.HTTPParserError('An answer is not HTTP/1.1');
    const end = this.#headBytes.indexOf(HEAD_END);
    if (end > MAX_HEAD_BYTES || (end === -1 && this.#headBytes.byteLength > MAX_HEAD_BYTES))
      throw new errors.HeadersOverflowError();
    if (end === -1) return bytes.byteLength;
    const head = parseAnswerHead(this.#headBytes.toString('latin1', 0, end));
    this.#headBytes = Buffer.alloc(0);
    this.#start(head);
    return end + HEAD_END.length - before;
  }

  #start(head: AnswerHead): void {
    // These precede the final answer.
    if (head.status >= 100 && head.status < 200 && head.status !== 101) return;
    if (head.status === 101)
      throw new errors.HTTPParserError('An answer is not HTTP/1.1: it changes the protocol');
    this.#head = head;
    if (head.body.kind === 'chunked') this.#chunked = new ChunkedBody();
    if (head.body.kind === 'bytes') this.#restBytes = head.body.sizeBytes;
    this.#handler.onHead(head);
    if (head.body.kind === 'bytes' && head.body.sizeBytes === 0) this.#end();
  }

  #takeChunked(chunked: ChunkedBody, bytes: Buffer): number {
    const { usedBytes, piece } = chunked.take(bytes);
    if (piece && piece.byteLength > 0) this.#handler.onChunk(piece);
    if (chunked.isComplete) this.#end();
    return usedBytes;
  }

  #end(): void {
    if (this.#isStopped) return;
    this.isComplete = true;
    this.#handler.onEnd();
  }
}
