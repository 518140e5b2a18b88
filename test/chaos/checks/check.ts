/** What a check of a chaos run reads and finds. */
import type { Sent } from '../clients.ts';
import type { World } from '../world.ts';

export interface Run {
  world: World;
  sent: Sent[];
}

export interface Finding {
  check: string;
  problem: string;
}

/** Returns a sentence for each problem. */
export type Check = (run: Run) => string[] | Promise<string[]>;
