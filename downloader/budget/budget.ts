/** What the jobs of this process share: memory, the disk, connections to a host, and places in the stages that need most of them. */
import { HostConnections } from './host-connections.ts';
import { createGate, type Gate } from './gate.ts';
import { PartMemory } from './part-memory.ts';
import type { WorkLimits } from './work-limits.ts';

export interface Budget extends Pick<WorkLimits, 'childMemoryBytes' | 'maxPageBytes' | 'diskReserveBytes'> {
  /** Passed by each import of a page, from its start until its media is downloaded and merged. */
  pageGate: Gate;
  mergeGate: Gate;
  /** Passed, with its size in bytes, by each large header that a check keeps in memory. */
  headerGate: Gate;
  /** The connections to the hosts of sources. */
  hosts: HostConnections;
  /** The part buffers of all uploads. */
  partMemory: PartMemory;
}

/** A check keeps at most one header of 48 MiB. */
const HEADER_MEMORY_BYTES = 64 * 1024 * 1024;

export function createBudget({ pages, merges, partMemoryBytes, ...limits }: WorkLimits): Budget {
  return {
    ...limits,
    pageGate: createGate(pages),
    mergeGate: createGate(merges),
    headerGate: createGate(HEADER_MEMORY_BYTES),
    hosts: new HostConnections(),
    partMemory: new PartMemory(partMemoryBytes),
  };
}
