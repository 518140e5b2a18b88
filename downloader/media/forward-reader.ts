/** Gives the readers of containers access to bytes that arrive once and in order. Keeps only what they still need. */
import { TAIL_BYTES, type OrderedReader } from './reader.ts';

export interface ForwardReader {
  reader: OrderedReader;
  /** Settles when the reader needs the next bytes, or after `stop`. The chunk may then be reused. */
  push(chunk: Uint8Array): Promise<void>;
  /** The last byte was pushed. */
  end(): void;
  /** The reader is done: pushes settle at once. */
  stop(): void;
}

interface Want {
  start: number;
  end: number;
  resolve: (bytes: Uint8Array) => void;
}

/** Memory: the bytes of the one pending read, the last `TAIL_BYTES`, and the chunk that is being pushed. */
export function createForwardReader(): ForwardReader {
  const state: State = { size: 0, ended: false, stopped: false, kept: [], want: null, tail: createTail() };
  let onHungry = (): void => {};
  const settle = (): void => {
    const { want } = state;
    if (want && (state.ended || state.size >= want.end)) {
      state.want = null;
      want.resolve(slice(state, want.start, want.end));
    }
  };
  const reader: OrderedReader = {
    seekable: false,
    read(start, lengthBytes) {
      return new Promise((resolve) => {
        state.want = { start, end: start + lengthBytes, resolve };
        forget(state, start);
        settle();
        if (state.want) onHungry();
      });
    },
    async tail() {
      await this.sizeBytes();
      return state.tail.bytes();
    },
    async sizeBytes() {
      await this.read(Number.MAX_SAFE_INTEGER - 1, 1);
      return state.size;
    },
  };
  return {
    reader,
    async push(chunk) {
      if (!state.stopped) {
        state.kept.push({ start: state.size, bytes: chunk });
      }
      state.size += chunk.length;
      state.tail.push(chunk);
      settle();
      if (!state.stopped && !state.want) await new Promise<void>((resolve) => (onHungry = resolve));
      keepCopies(state);
    },
    end() {
      state.ended = true;
      settle();
    },
    stop() {
      state.stopped = true;
      state.kept = [];
      onHungry();
    },
  };
}

interface State {
  size: number;
  ended: boolean;
  stopped: boolean;
  /** Bytes that may still be read, in order. */
  kept: { start: number; bytes: Uint8Array }[];
  want: Want | null;
  tail: ReturnType<typeof createTail>;
}

function slice(state: State, start: number, end: number): Uint8Array {
  const out = new Uint8Array(Math.max(0, Math.min(end, state.size) - start));
  for (const { start: at, bytes } of state.kept) {
    const part = bytes.subarray(Math.max(0, start - at), Math.max(0, end - at));
    if (part.length > 0) out.set(part, Math.max(0, at - start));
  }
  return out;
}

function forget(state: State, start: number): void {
  while (state.kept[0] && state.kept[0].start + state.kept[0].bytes.length <= start) state.kept.shift();
}

/** Copies the bytes of the pushed chunk that are still needed, since the caller reuses it. */
function keepCopies(state: State): void {
  const from = state.want?.start ?? state.size;
  if (state.stopped) state.kept = [];
  forget(state, from);
  const last = state.kept.pop();
  if (!last) return;
  const skip = Math.max(0, from - last.start);
  state.kept.push({ start: last.start + skip, bytes: Uint8Array.from(last.bytes.subarray(skip)) });
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
