/** Counts the connections of all jobs to each host of a source, so that jobs share a host fairly and do not overload it. */

/** Connections to one host, unless it is read by more jobs: each job always has one. Browsers open six. */
const MOST_PER_HOST = 8;

export class HostConnections {
  #byHost = new Map<string, Map<object, number>>();

  /** Counts a connection of `owner` until the returned function is called. */
  add(host: string, owner: object): () => void {
    const owners = this.#byHost.get(host) ?? new Map<object, number>();
    this.#byHost.set(host, owners);
    owners.set(owner, (owners.get(owner) ?? 0) + 1);
    return () => {
      const left = (owners.get(owner) ?? 1) - 1;
      if (left > 0) owners.set(owner, left);
      else owners.delete(owner);
      if (owners.size === 0) this.#byHost.delete(host);
    };
  }

  /** Whether `owner` may open one more connection: all owners have the same share. */
  hasRoom(host: string, owner: object): boolean {
    const owners = this.#byHost.get(host);
    const own = owners?.get(owner) ?? 0;
    const count = (owners?.size ?? 0) + (own === 0 ? 1 : 0);
    return own + 1 <= Math.max(1, Math.floor(MOST_PER_HOST / count));
  }
}
