/** One connection of the HTTP/1.1 client. It carries one exchange at a time, and reads without streams between the socket and the handler. */
import type { OnReadOpts, Socket } from 'node:net';
import { errors } from 'undici';
import { CONNECT_TIMEOUT_MS, whenConnected } from '../guarded-connect.ts';
import { AnswerReader } from './answer-reader.ts';
import type { AnswerHandler, Exchange, HttpRequest } from './exchange.ts';
import { writeRequest } from './request-writer.ts';
import { giveSlab, takeSlab } from './slabs.ts';

/** Bytes of the longest TLS record. More of the same transfer usually follow within the same turn of the event loop. */
const FULL_RECORD_BYTES = 16 * 1024;
/** Records that follow each other are fed together, since each call costs as much as the bytes of a record. They are still in the processor's cache. */
const BATCH_BYTES = 128 * 1024;

const NO_BYTES = Buffer.alloc(0);

/** Opens a socket whose reads go to `onread`. Throws when the host is refused. */
export type OpenSocket = (onread: OnReadOpts) => Socket;

export interface ConnectionEvents {
  /** An answer is complete, and the connection can be used again for so many milliseconds; null when the server does not say. */
  onIdle: (keepAliveMs: number | null) => void;
  /** The connection has ended. */
  onClosed: () => void;
}

interface Running {
  request: HttpRequest;
  handler: AnswerHandler;
  reader: AnswerReader;
  /** The head of the request was written. */
  hasBegun: boolean;
  /** The whole request was written. */
  isSent: boolean;
}

export class Connection {
  #socket: Socket;
  #events: ConnectionEvents;
  #running: Running | null = null;
  #isConnected = false;
  #isPaused = false;
  /** Copies of bytes that came during a pause: TLS delivers what it has decrypted. */
  #held: Buffer[] = [];
  #hasEnded = false;
  #slab = takeSlab();
  /** Where reads go, one behind the other, until they are fed. */
  #target: Buffer = this.#slab;
  #readBytes = 0;
  #fedBytes = 0;
  #isFeedPlanned = false;
  #timer: NodeJS.Timeout | null = null;

  /** Throws what `open` throws. */
  constructor(open: OpenSocket, events: ConnectionEvents) {
    this.#events = events;
    this.#socket = open({
      buffer: () => this.#nextTarget(),
      callback: (sizeBytes) => this.#onRead(sizeBytes),
    });
    whenConnected(this.#socket, CONNECT_TIMEOUT_MS, (error) => this.#onConnected(error));
    this.#socket.on('error', (error) => this.fail(error));
    this.#socket.once('end', () => this.#onEnd());
    this.#socket.once('close', () => this.#onClose());
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  /** Starts an exchange, when no other one runs. */
  start(request: HttpRequest, handler: AnswerHandler): Exchange {
    const reader = new AnswerReader(handler);
    const running = { request, handler, reader, hasBegun: false, isSent: false };
    this.#running = running;
    this.#socket.ref();
    if (this.#isConnected) this.#send(running);
    const ifRunning = (work: () => void) => () => {
      if (this.#running === running) work();
    };
    return {
      pause: ifRunning(() => this.#pause()),
      resume: ifRunning(() => this.#resume()),
      abort: ifRunning(() => this.destroy()),
    };
  }

  /** Ends the connection. The handler of its exchange is not called any more. */
  destroy(): void {
    this.#running?.reader.stop();
    this.#running = null;
    this.#fedBytes = this.#readBytes;
    this.#stopTimer();
    this.#socket.destroy();
  }

  #onConnected(error: Error | null): void {
    if (error) return this.fail(error);
    this.#isConnected = true;
    if (this.#running) this.#send(this.#running);
  }

  #send(running: Running): void {
    const sent = () => {
      running.isSent = true;
      if (this.#running === running && !running.reader.head)
        this.#startTimer(running.request.headersTimeoutMs);
    };
    const options = {
      isWanted: () => this.#running === running,
      onBegun: () => void (running.hasBegun = true),
    };
    writeRequest(this.#socket, running.request, options).then(sent, (error: Error) => {
      if (this.#running === running) this.fail(error);
    });
  }

  /** Called after each read: where the next one goes. */
  #nextTarget(): Buffer {
    if (this.#fedBytes === this.#readBytes) {
      const room = this.#isPaused ? null : this.#running?.reader.room();
      this.#target = room && room.byteLength > 0 ? room.subarray(0, BATCH_BYTES) : this.#slab;
      this.#fedBytes = 0;
      this.#readBytes = 0;
    }
    return this.#target.subarray(this.#readBytes);
  }

  #onRead(sizeBytes: number): boolean {
    this.#readBytes += sizeBytes;
    const hasRoom = this.#readBytes + FULL_RECORD_BYTES <= this.#target.byteLength;
    if (sizeBytes !== FULL_RECORD_BYTES || !hasRoom) this.#feedAll();
    else if (!this.#isFeedPlanned) {
      this.#isFeedPlanned = true;
      setImmediate(this.#feedPlanned);
    }
    return !this.#isPaused;
  }

  #feedPlanned = (): void => {
    this.#isFeedPlanned = false;
    this.#feedAll();
  };

  /** The next read goes behind these bytes, if the socket does not ask before. So its memory must have room after a planned call. */
  #feedAll(): void {
    const bytes = this.#target.subarray(this.#fedBytes, this.#readBytes);
    this.#fedBytes = this.#readBytes;
    const rest = this.#feed(bytes);
    if (rest.byteLength > 0) this.#held.push(Buffer.from(rest));
  }

  /** Returns what cannot be delivered because of a pause. */
  #feed(bytes: Buffer): Buffer {
    let rest = bytes;
    try {
      while (rest.byteLength > 0 && this.#running && !this.#isPaused) {
        const { reader, request, hasBegun } = this.#running;
        if (!hasBegun) throw new errors.SocketError('an answer came before its request');
        const hadHead = reader.head !== null;
        const { deliveredBytes } = reader;
        rest = rest.subarray(reader.take(rest));
        if (!this.#running) break;
        if (reader.isComplete) this.#finish(rest.byteLength === 0);
        else if (!hadHead && reader.head && !this.#isPaused) this.#startTimer(request.idleTimeoutMs);
        // Heads, trailers and sizes of chunks are not progress: otherwise they could come forever.
        else if (reader.deliveredBytes > deliveredBytes) this.#timer?.refresh();
      }
    } catch (error) {
      this.fail(error as Error);
    }
    if (this.#isPaused && this.#running) return rest;
    // A server that speaks without a request is out of step.
    if (rest.byteLength > 0) this.destroy();
    return NO_BYTES;
  }

  /** The answer is complete. Its connection is kept when both sides have said everything. */
  #finish(isExact: boolean): void {
    const running = this.#running;
    if (!running) return;
    this.#running = null;
    this.#stopTimer();
    if (this.#isPaused) {
      this.#isPaused = false;
      this.#socket.resume();
    }
    const keepAliveMs = running.reader.head?.keepAliveMs ?? null;
    const isAllRead = isExact && this.#held.length === 0 && this.#fedBytes === this.#readBytes;
    // The memory of a body is used for other bytes after the answer, so none of it may wait to be written.
    const isAllWritten = running.isSent && this.#socket.writableLength === 0;
    if (!isAllRead || !isAllWritten || keepAliveMs === 0 || this.#hasEnded)
      return void this.#socket.destroy();
    this.#socket.unref();
    this.#events.onIdle(keepAliveMs);
  }

  #pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#stopTimer();
    this.#socket.pause();
  }

  #resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    const running = this.#running;
    if (running?.reader.head) this.#startTimer(running.request.idleTimeoutMs);
    while (this.#held.length > 0 && !this.#isPaused) {
      const rest = this.#feed(this.#held.shift() ?? NO_BYTES);
      if (rest.byteLength > 0) this.#held.unshift(rest);
    }
    if (this.#isPaused) return;
    if (this.#hasEnded) this.#onEnd();
    else this.#socket.resume();
  }

  #onEnd(): void {
    this.#feedAll();
    this.#hasEnded = true;
    if (this.#isPaused) return;
    const { reader } = this.#running ?? {};
    const error = reader?.endOfConnection();
    if (error) return this.fail(error);
    if (reader) this.#finish(true);
    this.#socket.destroy();
  }

  #onClose(): void {
    if (this.#running && !(this.#hasEnded && this.#isPaused))
      this.fail(new errors.SocketError('other side closed'));
    giveSlab(this.#slab);
    this.#events.onClosed();
  }

  /** Ends the connection and its exchange. */
  fail(error: Error): void {
    const running = this.#running;
    this.destroy();
    running?.handler.onError(error);
  }

  #startTimer(timeoutMs: number): void {
    this.#stopTimer();
    this.#timer = setTimeout(() => {
      const hasHead = Boolean(this.#running?.reader.head);
      this.fail(hasHead ? new errors.BodyTimeoutError() : new errors.HeadersTimeoutError());
    }, timeoutMs);
  }

  #stopTimer(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
