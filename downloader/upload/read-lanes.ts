/** Reads a source by one connection, and by more while that makes it faster. */
import type { ByteSource, OnChunk, ReadHints } from '../content.ts';
import { createGrowth } from './connection-growth.ts';
import { LEAST_PARTS_TO_DIVIDE, Lanes, type Lane } from './lanes.ts';

/** Milliseconds between two looks at the speed. */
const LOOK_EVERY_MS = 50;

export interface LaneOptions {
  source: ByteSource;
  partSizeBytes: number;
  signal: AbortSignal;
  /** Called with each failure of a lane. The first one must abort `signal`, which ends the other lanes. */
  onFailure: (error: unknown) => void;
  /** Reads one lane. Throws what the source throws. */
  readLane: (lane: Lane, isExtra: boolean) => Promise<void>;
  /** Whether the source waits for the storage or for this process. */
  isHeldBack: () => boolean;
  /** Bytes that have come in. */
  totalBytes: () => number;
}

/** Whether more than one connection may read the source. */
export function mayDivide({ sizeBytes, maxLanes }: ByteSource, partSizeBytes: number): boolean {
  return maxLanes > 1 && sizeBytes !== null && sizeBytes >= LEAST_PARTS_TO_DIVIDE * partSizeBytes;
}

/** Reads all lanes. Never throws. When it returns, no lane is read any more. */
export async function readLanes(options: LaneOptions): Promise<void> {
  await new LaneReader(options).run();
}

class LaneReader {
  #options: LaneOptions;
  #lanes: Lanes;
  #extra = new Set<Promise<void>>();
  /** What connections read now. */
  #open = new Set<Lane>();
  #wanted = 1;
  /** The source has refused a connection beside the first one. */
  #isRefused = false;

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#lanes = new Lanes(options.source.sizeBytes, options.partSizeBytes);
  }

  async run(): Promise<void> {
    const { source, partSizeBytes, onFailure } = this.#options;
    const timer = mayDivide(source, partSizeBytes) ? setInterval(this.#look(), LOOK_EVERY_MS) : undefined;
    await this.#readAll().catch(onFailure);
    clearInterval(timer);
    await Promise.all(this.#extra);
  }

  /** Opens the connections that the speed asks for. */
  #look(): () => void {
    const { source, isHeldBack, totalBytes } = this.#options;
    const growth = createGrowth(source.maxLanes);
    return () => {
      const connections = [...this.#open].filter(({ position, start }) => position > start).length;
      this.#wanted = growth({
        nowMs: performance.now(),
        totalBytes: totalBytes(),
        connections,
        isHeldBack: isHeldBack(),
      });
      while (this.#mayAdd(0) && this.#add());
    };
  }

  /** The first lane, then what the others have left. */
  async #readAll(): Promise<void> {
    for (let lane: Lane | null = this.#lanes.first; lane; lane = this.#lanes.take(1))
      await this.#read(lane, false);
    while (this.#extra.size > 0) {
      await Promise.race(this.#extra);
      // A connection that was refused late has given its lane back.
      for (let lane = this.#lanes.take(1); lane; lane = this.#lanes.take(1)) await this.#read(lane, false);
    }
  }

  async #read(lane: Lane, isExtra: boolean): Promise<void> {
    this.#open.add(lane);
    try {
      await this.#options.readLane(lane, isExtra);
    } finally {
      this.#open.delete(lane);
    }
  }

  /** Whether one more lane may be read, beside the first one and `own` of the asking connection. */
  #mayAdd(own: number): boolean {
    const { source, signal } = this.#options;
    if (this.#isRefused || signal.aborted) return false;
    return 1 + this.#extra.size - own < this.#wanted && (source.hasRoom?.() ?? true);
  }

  /** False when nothing is left to read. */
  #add(): boolean {
    const lane = this.#lanes.take(this.#wanted);
    if (!lane) return false;
    const task: Promise<void> = this.#readExtra(lane)
      .catch(this.#options.onFailure)
      .finally(() => this.#extra.delete(task));
    this.#extra.add(task);
    return true;
  }

  /** Reads lane after lane, as long as the connection is wanted. */
  async #readExtra(first: Lane): Promise<void> {
    for (
      let lane: Lane | null = first;
      lane;
      lane = this.#mayAdd(1) ? this.#lanes.take(this.#wanted) : null
    ) {
      try {
        await this.#read(lane, true);
      } catch (error) {
        if (lane.position > lane.start || this.#options.signal.aborted) throw error;
        // The other connections read on, so this is not a failure of the source.
        this.#isRefused = true;
        this.#lanes.giveBack(lane);
        return;
      }
    }
  }
}

/** Reads a lane up to its end, also when this has become smaller meanwhile. Throws what the source throws. */
export async function readLane(
  source: ByteSource,
  lane: Lane,
  { onChunk, signal, hints }: { onChunk: OnChunk; signal: AbortSignal; hints: ReadHints },
): Promise<void> {
  const { end } = lane;
  const atEnd = new AbortController();
  const take: OnChunk = (chunk) => {
    const wanted =
      lane.end === end || lane.end === null ? chunk : chunk.subarray(0, lane.end - lane.position);
    if (wanted.byteLength === 0) return;
    lane.position += wanted.byteLength;
    const held = onChunk(wanted);
    if (lane.position === lane.end && lane.end !== end) atEnd.abort();
    return held;
  };
  try {
    await source.read(lane.start, end, take, AbortSignal.any([signal, atEnd.signal]), hints);
  } catch (error) {
    if (signal.aborted || !atEnd.signal.aborted) throw error;
  }
}
