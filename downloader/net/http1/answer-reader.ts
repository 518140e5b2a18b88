/** Finds one answer in the bytes of a connection, and gives it to its handler. */
import { errors } from 'undici';
import { MAX_HEAD_BYTES, parseAnswerHead, refuse, type AnswerHead } from './answer-head.ts';
import { ChunkedBody } from './chunked-body.ts';
import type { AnswerHandler } from './exchange.ts';

const HEAD_END = '\r\n\r\n';
/** How each answer begins. */
const VERSION = 'HTTP/1.';
/** Answers before the final one: real servers send one or two. */
const MAX_INTERIM_ANSWERS = 32;

export class AnswerReader {
  #handler: AnswerHandler;
  #headBytes: Buffer = Buffer.alloc(0);
  #head: AnswerHead | null = null;
  #chunked: ChunkedBody | null = null;
  /** Of a body whose length is known. */
  #restBytes = 0;
  #interimAnswers = 0;
  /** Bytes of the body that the handler has received. */
  deliveredBytes = 0;
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

  /**
   * Takes bytes from the start of `bytes`, and returns their number: all, or those up to the end of a piece. What it has taken may have moved
   * within `bytes`. Throws HTTPParserError.
   */
  take(bytes: Buffer): number {
    if (!this.#head) return this.#takeHead(bytes);
    if (this.#chunked) return this.#takeChunked(this.#chunked, bytes);
    if (this.#head.body.kind === 'connection') {
      this.#deliver(bytes);
      return bytes.byteLength;
    }
    const piece = bytes.byteLength <= this.#restBytes ? bytes : bytes.subarray(0, this.#restBytes);
    this.#restBytes -= piece.byteLength;
    this.#deliver(piece);
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
    // A copy only of a head that is cut: many short answers may follow each other in the bytes.
    const all = before === 0 ? bytes : Buffer.concat([this.#headBytes, bytes]);
    const start = all.toString('latin1', 0, VERSION.length);
    if (!VERSION.startsWith(start)) refuse('its first bytes');
    const end = all.indexOf(HEAD_END);
    if (end > MAX_HEAD_BYTES || (end === -1 && all.byteLength > MAX_HEAD_BYTES))
      throw new errors.HeadersOverflowError();
    if (end === -1) {
      this.#headBytes = before === 0 ? Buffer.from(bytes) : all;
      return bytes.byteLength;
    }
    const head = parseAnswerHead(all.toString('latin1', 0, end));
    this.#headBytes = Buffer.alloc(0);
    this.#start(head);
    return end + HEAD_END.length - before;
  }

  #start(head: AnswerHead): void {
    if (head.status === 101) refuse('it changes the protocol');
    if (head.status < 200) {
      if (++this.#interimAnswers > MAX_INTERIM_ANSWERS) refuse('too many answers before it');
      return;
    }
    this.#head = head;
    if (head.body.kind === 'chunked') this.#chunked = new ChunkedBody();
    if (head.body.kind === 'bytes') this.#restBytes = head.body.sizeBytes;
    this.#handler.onHead(head);
    if (head.body.kind === 'bytes' && head.body.sizeBytes === 0) this.#end();
  }

  #takeChunked(chunked: ChunkedBody, bytes: Buffer): number {
    const { usedBytes, piece } = chunked.take(bytes);
    if (piece && piece.byteLength > 0) this.#deliver(piece);
    if (chunked.isComplete) this.#end();
    return usedBytes;
  }

  #deliver(piece: Buffer): void {
    this.deliveredBytes += piece.byteLength;
    this.#handler.onChunk(piece);
  }

  #end(): void {
    if (this.#isStopped) return;
    this.isComplete = true;
    this.#handler.onEnd();
  }
}
