/** Shares the memory of part buffers among the uploads of this process: all of them may hold the same number of bytes. */

/** The share of one upload. */
export interface MemoryShare {
  /** Bytes that the upload may hold now. */
  readonly bytes: number;
  leave(): void;
}

export class PartMemory {
  #limitBytes: number;
  #members = new Set<{ onMore: () => void }>();

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Calls `onMore` when the share has become larger, since another upload has left. */
  join(onMore: () => void): MemoryShare {
    const members = this.#members;
    const limitBytes = this.#limitBytes;
    const member = { onMore };
    members.add(member);
    return {
      get bytes() {
        return Math.floor(limitBytes / members.size);
      },
      leave() {
        if (members.delete(member)) for (const other of members) other.onMore();
      },
    };
  }
}
