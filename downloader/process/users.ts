/** Users of their own for children, where this process may change users: as root, or with the capabilities of the image. */
import { statSync } from 'node:fs';
import { chmod, chown, readFile, stat } from 'node:fs/promises';
import { unconfined, type Confinement } from './confinement.ts';
import type { Program } from './program.ts';
import { limitProcesses } from './limit-child.ts';
import { locate } from './locate.ts';

/** Systemd's range for users that exist only while a service runs: no account has such a number. */
const FIRST_USER = 61_184;
const LAST_USER = 65_519;

/** CAP_CHOWN, DAC_OVERRIDE, FOWNER, KILL, SETGID, SETUID: to give folders away, to read, remove and end what users leave. */
const NEEDED = [0, 1, 3, 5, 6, 7];

export interface Users {
  /** Gives a folder of this process to a user that no other running job has. */
  giveAway: (folder: string) => Promise<void>;
  /** The program as the owner of the folder, or without a folder as a user that no other child has. */
  wrap: (program: Program, folder: string | null) => Program;
}

/** Null where this process may not change users. Users can then reach the folders in `workDirectory`, but not list them. */
export async function findUsers(workDirectory: string): Promise<Users | null> {
  const setpriv = await locate('setpriv');
  if (!setpriv || !(await hasCapabilities())) return null;
  const { mode, uid } = await stat(workDirectory);
  if (uid === process.getuid?.()) await chmod(workDirectory, mode | 0o001);
  return createUsers(setpriv);
}

/** Children cannot read the folders of other jobs or the memory of the downloader, but have the same network. */
export function confinedByUsers(users: Users, reason: string): Confinement {
  return { ...unconfined(reason), level: 'partial', ownUsers: true, ...users };
}

function createUsers(setpriv: string): Users {
  // Jobs of other downloaders on this machine most likely begin elsewhere.
  let user = FIRST_USER + Math.floor(Math.random() * (LAST_USER - FIRST_USER));
  const next = () => (user = user === LAST_USER ? FIRST_USER : user + 1);
  return {
    giveAway: (folder) => {
      const owner = next();
      return chown(folder, owner, owner);
    },
    wrap: (program, folder) => {
      const { uid, gid } = folder === null ? own(next()) : statSync(folder);
      return uid === process.getuid?.() ? program : asUser(setpriv, { uid, gid }, program);
    },
  };
}

interface User {
  uid: number;
  gid: number;
}

function own(uid: number): User {
  return { uid, gid: uid };
}

function asUser(setpriv: string, { uid, gid }: User, program: Program): Program {
  const { command, args } = limitProcesses(program);
  const user = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
  const rights = ['--no-new-privs', '--inh-caps=-all', '--ambient-caps=-all'];
  return { command: setpriv, args: [...user, ...rights, '--', command, ...args] };
}

async function hasCapabilities(): Promise<boolean> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const effective = BigInt(`0x${/^CapEff:\s+([\da-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  return NEEDED.every((number) => ((effective >> BigInt(number)) & 1n) === 1n);
}
