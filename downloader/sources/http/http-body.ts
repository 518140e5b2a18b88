/**
 * The body of one response, pushed from the socket without streams between. It has one reader at a time: `peek` to
 * look at the first bytes, then `consume`. `readAhead` goes on in between.
 */
import type { OnChunk, PartLender, Room } from '../../content.ts';
import { freeMemory } from '../../free-memory.ts';
import type { Exchange } from '../../net/http1/exchange.ts';
import { AheadBytes } from './ahead-bytes.ts';
import { HeldBytes } from './held-bytes.ts';

export interface ConsumeOptions {
  maxBytes?: number;
  /** The body has no more than `maxBytes`, so it ends and its connection can be used again. */
  isExact?: boolean;
  /** Memory of the consumer for the next bytes. */
  room?: Room;
}

export class HttpBody {
  #exchange: Exchange;
  /** What came before there was a consumer. */
  #held = new HeldBytes();
  /** The same in the memory of parts, after `readAhead`. */
  #ahead: AheadBytes | null = null;
  /** What was looked at, if nobody keeps it. */
  #forgotten: Buffer | null = null;
  #wantedBytes = 0;
  #consumer: OnChunk | null = null;
  #room: Room | null = null;
  #pending: Promise<void> | null = null;
  #outcome: { error: Error | null } | null = null;
  #onHeld: (heldBytes: number) => void = () => undefined;
  /** Called when there is something new to look at: enough bytes, or the end. */
  #wake: () => void = () => undefined;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /** Called with each chunk of the answer. */
  push(chunk: Buffer): void {
    if (this.#outcome) return;
    if (this.#consumer) return this.#deliver(this.#consumer, chunk);
    if (this.#ahead) return this.#pushAhead(this.#ahead, chunk);
    this.#held.push(chunk);
    this.#onHeld(this.#held.sizeBytes);
    if (this.#held.sizeBytes >= this.#wantedBytes) {
      this.#exchange.pause();
      this.#wake();
    }
  }

  #pushAhead(ahead: AheadBytes, chunk: Buffer): void {
    ahead.push(chunk);
    if (!ahead.room()) this.#exchange.pause();
  }

  /** Where the next bytes are wanted. */
  room(): Buffer | null {
    if (!this.#consumer) return this.#ahead?.room() ?? null;
    return this.#room ? this.#room() : null;
  }

  /** Called at the end or with an error. */
  end(error: Error | null): void {
    this.#outcome ??= { error };
    this.#wake();
  }

  /** Stops the transfer and closes its connection; `consume` then throws `error`, if given. No effect after the end. */
  cancel(error: Error | null = null): void {
    if (this.#outcome) return;
    this.#outcome = { error };
    this.#exchange.abort();
    this.#wake();
  }

  /**
   * The first `wantedBytes` or more, or all when the body is shorter (`ended`). `consume` delivers them again.
   * Calls `onHeld` with the number of bytes so far. Throws the error that broke the transfer.
   */
  async peek(
    wantedBytes: number,
    onHeld: (heldBytes: number) => void = () => undefined,
  ): Promise<{ bytes: Buffer; ended: boolean }> {
    this.#wantedBytes = wantedBytes;
    this.#onHeld = onHeld;
    if (this.#held.sizeBytes < wantedBytes && !this.#outcome) {
      const woken = this.#nextWake();
      this.#exchange.resume();
      await woken;
    }
    if (this.#outcome?.error && this.#held.sizeBytes < wantedBytes) throw this.#outcome.error;
    const bytes = this.#held.joined();
    return { bytes, ended: this.#outcome !== null && this.#outcome.error === null };
  }

  /** Reads on into memory of `lender` as long as there is some. `consume` delivers these bytes, and gives the memory back. */
  readAhead(lender: PartLender): void {
    const ahead = new AheadBytes(lender);
    if (!ahead.room()) return;
    for (const piece of this.#held.takeAll()) ahead.push(piece);
    this.#ahead = ahead;
    if (ahead.room()) this.#exchange.resume();
  }

  /** Ends the transfer if there is no consumer, and gives the memory of `readAhead` back. */
  stopAhead(): void {
    if (this.#consumer) return;
    this.cancel();
    this.#ahead?.dispose();
  }

  /**
   * Delivers the rest of the body, at most `maxBytes` of it; the transfer is ended when that many were delivered. Returns how many bytes were delivered; throws what broke the transfer or what `onChunk` threw.
   */
  async consume(onChunk: OnChunk, options: ConsumeOptions = {}): Promise<number> {
    const { maxBytes = Infinity, isExact = false, room = null } = options;
    this.#room = room;
    let delivered = 0;
    const counting: OnChunk = (chunk) => {
      const wanted = chunk.subarray(0, Math.min(chunk.byteLength, maxBytes - delivered));
      delivered += wanted.byteLength;
      const held = wanted.byteLength > 0 ? onChunk(wanted) : undefined;
      if (delivered === maxBytes && !isExact) this.cancel();
      return held;
    };
    try {
      await this.#deliverHeld(counting);
      if (!this.#outcome) await this.#deliverRest(counting);
      await this.#pending;
    } catch (error) {
      this.cancel();
      throw error;
    } finally {
      this.#ahead?.dispose();
    }
    if (this.#outcome?.error) throw this.#outcome.error;
    return delivered;
  }

  /** Nobody keeps what the last look returned, so it is freed when it was delivered. */
  forgetPeeked(peeked: Buffer): void {
    this.#forgotten = peeked;
  }

  async #deliverHeld(onChunk: OnChunk): Promise<void> {
    if (this.#ahead) this.#exchange.pause();
    for (const chunk of this.#ahead?.pieces() ?? this.#held.takeAll()) await onChunk(chunk);
    if (this.#forgotten) freeMemory(this.#forgotten);
  }

  async #deliverRest(onChunk: OnChunk): Promise<void> {
    const ended = this.#nextWake();
    this.#consumer = onChunk;
    this.#exchange.resume();
    await ended;
  }

  #deliver(onChunk: OnChunk, chunk: Buffer): void {
    try {
      const held = onChunk(chunk);
      if (held) this.#holdBack(held);
    } catch (error) {
      this.#fail(error);
    }
  }

  #holdBack(held: Promise<void>): void {
    this.#exchange.pause();
    this.#pending = held.then(
      () => {
        this.#pending = null;
        if (!this.#outcome) this.#exchange.resume();
      },
      (error: unknown) => this.#fail(error),
    );
  }

  #fail(error: unknown): void {
    const reason = error instanceof Error ? error : new Error(String(error));
    if (this.#outcome) {
      this.#outcome.error ??= reason;
      return;
    }
    this.cancel(reason);
  }

  #nextWake(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
