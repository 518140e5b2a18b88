/** Confinement by bubblewrap: each child gets namespaces of its own, without root. */
import { constants, release } from 'node:os';
import type { Confinement, Exit } from './confinement.ts';
import type { Program } from './program.ts';
import { limitProcesses } from './limit-child.ts';
import type { Users } from './users.ts';

/** Programs and libraries of the system, and what the dynamic linker and TLS need. Those that are missing are skipped. */
const SYSTEM = [
  ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/nix/store'],
  ['/etc/alternatives', '/etc/ld.so.cache', '/etc/ssl/certs', '/etc/pki/tls/certs'],
].flat();

/** Bytes of the private /tmp, which is memory. Temporary files of programs go to the folder of the job. */
const TMP_BYTES = 16 * 1024 * 1024;

const FILTER_FD = 3;

/** Everything of the machine that a child shares with others is its own; as the last step, it loses the right to write. */
const NAMESPACES = [
  ['--unshare-user', '--unshare-pid', '--unshare-net', '--unshare-ipc', '--unshare-uts'],
  ['--unshare-cgroup-try', '--uid', '1000', '--gid', '1000', '--cap-drop', 'ALL', '--die-with-parent'],
].flat();

export interface Bubblewrap {
  /** Absolute path of `bwrap`. */
  bwrap: string;
  /** Files and folders of tools outside the system's folders. */
  readable: readonly string[];
  /** The filter of system calls. */
  filter: Uint8Array;
  /** Null: all children are of the user of this process. */
  users: Users | null;
}

/** A child has no /proc, since its own may not be mounted inside most containers. None of our tools needs it. */
export function bubblewrap(options: Bubblewrap): Confinement {
  const { users } = options;
  return {
    level: 'full',
    reason: null,
    ownUsers: users !== null,
    hasOwnNetwork: true,
    giveAway: async (folder) => users?.giveAway(folder),
    wrap: (program, folder) => {
      const wrapped = wrap(options, program, folder);
      return users ? users.wrap(wrapped, folder) : wrapped;
    },
    readExit,
    filter: { fd: FILTER_FD, bytes: options.filter },
  };
}

function wrap({ bwrap, readable, users }: Bubblewrap, program: Program, folder: string | null): Program {
  const isCountedApart = users !== null || countsByNamespace(release());
  const { command, args } = isCountedApart ? limitProcesses(program) : program;
  const options = [
    NAMESPACES,
    ['--size', String(TMP_BYTES), '--tmpfs', '/tmp', '--dev', '/dev'],
    SYSTEM.flatMap((path) => ['--ro-bind-try', path, path]),
    outermost(readable).flatMap((path) => ['--ro-bind', path, path]),
    folder === null ? ['--chdir', '/tmp'] : ['--bind', folder, folder, '--chdir', folder],
    ['--remount-ro', '/dev', '--remount-ro', '/'],
    ['--seccomp', String(FILTER_FD)],
  ];
  return { command: bwrap, args: [...options.flat(), '--', command, ...args] };
}

/** Since Linux 5.14, a user namespace has its own count of processes. Before, those of the downloader count as well. */
export function countsByNamespace(kernel: string): boolean {
  const [major = 0, minor = 0] = kernel.split('.').map(Number);
  return major > 5 || (major === 5 && minor >= 14);
}

/** Without paths inside others, which are there already, and on which a mount may fail. */
function outermost(paths: readonly string[]): string[] {
  const isInside = (path: string, folder: string) => path.startsWith(`${folder}/`);
  const all = [...new Set(paths)];
  return all.filter(
    (path) => ![...SYSTEM, ...all].some((one) => isInside(path, one)) && !SYSTEM.includes(path),
  );
}

/** A signal that ends the program shows as the exit code 128 + its number. */
function readExit(exit: Exit): Exit {
  const number = (exit.exitCode ?? 0) - 128;
  const name = Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
  return name ? { exitCode: null, signal: name as NodeJS.Signals } : exit;
}
