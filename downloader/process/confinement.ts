/**
 * How child processes are confined. They read what strangers wrote, so they see nothing of the machine but the system's
 * programs, their tools and the folder of their job, and reach no network but the proxy of their job.
 */
import { countOwnTasks } from './count-tasks.ts';
import { limitProcessesBeside } from './limit-child.ts';
import type { Program } from './program.ts';

/** How a child ended: one of the two is null. */
export interface Exit {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
}

export interface Confinement {
  /** `partial`: children have users of their own, and everything else in common. */
  level: 'full' | 'partial' | 'none';
  /** What the machine lacks for more, in one sentence; null at level `full`. */
  reason: string | null;
  /** Whether the children of each job have a user of their own. */
  ownUsers: boolean;
  /** Whether children have a network of their own, which only a relay connects to the proxy. */
  hasOwnNetwork: boolean;
  /** Prepares a new folder, which belongs to this process, for the children of a job. */
  giveAway: (folder: string) => Promise<void>;
  /** The program to spawn instead. `folder` is the only one that it may write; null: none. */
  wrap: (program: Program, folder: string | null) => Program;
  /** How the program ended, by the end of the spawned one. */
  readExit: (exit: Exit) => Exit;
  /** A filter of system calls, which the spawned program reads from this file descriptor. */
  filter: { fd: number; bytes: Uint8Array } | null;
}

/** Children run like every other program of this user, but cannot start processes without end. */
export function unconfined(reason: string): Confinement {
  return {
    level: 'none',
    reason,
    ownUsers: false,
    hasOwnNetwork: false,
    giveAway: () => Promise.resolve(),
    wrap: (program) => {
      const tasks = countOwnTasks();
      return tasks === null ? program : limitProcessesBeside(program, tasks);
    },
    readExit: (exit) => exit,
    filter: null,
  };
}
