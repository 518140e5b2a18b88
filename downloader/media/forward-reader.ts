/** Gives the readers of containers access to bytes that arrive once and in order. Keeps only what they still need. */
import { TAIL_BYTES, type OrderedReader } from './reader.ts';

export interface ForwardReader {
  reader: OrderedReader;
  /** Settles when the reader needs the next bytes, or after `stop`. The chunk may then be reused. */
  push(chunk: Uint8Array): Promise<void>;
  /** The last byte was pushed. */
  end(): void;
  /** The reader is done, or gets no more: pushes settle at once, and reads throw `reason`. */
  stop(reason: unknown): void;
}

/** A read that waits for bytes, and what it has got of them. */
interface Want {
  start: number;
  out: Uint8Array;
  filledBytes: number;
  resolve: (bytes: Uint8Array) => void;
  reject: (reason: unknown) => void;
}

interface Piece {
  start: number;
  bytes: Uint8Array;
}

interface State {
  size: number;
  ended: boolean;
  stopped: { reason: unknown } | null;
  want: Want | null;
  /** What is known from the start of the last read on, since the next one may start inside it. */
  last: Piece;
  /** The chunk that is being pushed. */
  chunk: Piece | null;
}

/** Memory: the bytes of the last read, the last `TAIL_BYTES`, and the chunk that is being pushed. */
export function createForwardReader(): ForwardReader {
  const tail = createTail();
  const last = { start: 0, bytes: new Uint8Array(0) };
  const state: State = { size: 0, ended: false, stopped: null, want: null, last, chunk: null };
  let onHungry = (): void => {};
  const reader: OrderedReader = {
    seekable: false,
    read(start, lengthBytes) {
      if (state.stopped) return Promise.reject(state.stopped.reason);
      return new Promise((resolve, reject) => {
        state.want = { start, out: new Uint8Array(lengthBytes), filledBytes: 0, resolve, reject };
        fill(state);
        if (state.want) onHungry();
      });
    },
    async tail() {
      await this.sizeBytes();
      return tail.bytes();
    },
    async sizeBytes() {
      await this.read(Number.MAX_SAFE_INTEGER - 1, 1);
      return state.size;
    },
  };
  return {
    reader,
    async push(chunk) {
      state.chunk = { start: state.size, bytes: chunk };
      state.size += chunk.length;
      tail.push(chunk);
      fill(state);
      if (!state.stopped && !state.want) await new Promise<void>((resolve) => (onHungry = resolve));
      // A read that still waits has taken what it needs of the chunk.
      state.chunk = null;
    },
    end() {
      state.ended = true;
      fill(state);
    },
    stop(reason) {
      state.stopped ??= { reason };
      state.want?.reject(reason);
      state.want = null;
      onHungry();
    },
  };
}

/** Gives the bytes that are there to the read that waits, and ends it when it has all or no more can come. */
function fill(state: State): void {
  const { want, ended } = state;
  if (!want) return;
  for (const piece of [state.last, state.chunk]) if (piece) copyFrom(piece, want);
  const bytes = want.out.subarray(0, want.filledBytes);
  const before = want.start - state.last.start;
  // The longer one: a read may lie inside the one before.
  const isInside = before >= 0 && before + bytes.length < state.last.bytes.length;
  state.last = { start: want.start, bytes: isInside ? state.last.bytes.subarray(before) : bytes };
  if (!ended && bytes.length < want.out.length) return;
  state.want = null;
  want.resolve(bytes);
}

function copyFrom({ start, bytes }: Piece, want: Want): void {
  const from = want.start + want.filledBytes - start;
  if (from < 0 || from >= bytes.length) return;
  const part = bytes.subarray(from, from + want.out.length - want.filledBytes);
  want.out.set(part, want.filledBytes);
  want.filledBytes += part.length;
}

/** A ring of the last bytes. */
function createTail(): { push(chunk: Uint8Array): void; bytes(): Uint8Array } {
  const ring = new Uint8Array(TAIL_BYTES);
  let total = 0;
  return {
    push(chunk) {
      const fresh = chunk.subarray(Math.max(0, chunk.length - TAIL_BYTES));
      const at = (total + chunk.length - fresh.length) % TAIL_BYTES;
      const first = fresh.subarray(0, TAIL_BYTES - at);
      ring.set(first, at);
      ring.set(fresh.subarray(first.length), 0);
      total += chunk.length;
    },
    bytes() {
      const at = total % TAIL_BYTES;
      if (total < TAIL_BYTES) return ring.slice(0, total);
      return Uint8Array.from(Buffer.concat([ring.subarray(at), ring.subarray(0, at)]));
    },
  };
}
