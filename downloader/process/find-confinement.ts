/** Finds out how children can be confined on this machine, by trying it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../log.ts';
import { bubblewrap, type Bubblewrap } from './bubblewrap.ts';
import { childEnvironment } from './child-environment.ts';
import { unconfined, type Confinement } from './confinement.ts';
import { locate } from './locate.ts';
import { runChild } from './run-child.ts';
import { seccompFilter } from './seccomp.ts';
import { confinedByUsers, findUsers } from './users.ts';
import { SOCKET_NAME } from './ytdlp-boot.ts';

/** Milliseconds for the trial: it takes 50 ms, and seconds on a cold disk. */
const TRIAL_TIMEOUT_MS = 30_000;
/** Bytes of the path of a unix socket (`sun_path`, without its end). */
const MAX_SOCKET_PATH_BYTES = 107;
/** As those of jobs, which `jobs/job-directory.ts` removes after a crash. */
const TRIAL_FOLDER = `importly-job-${process.pid}-`;
/** What the name of a folder has more than that, at most. */
const SUFFIX_CHARACTERS = 8;

/**
 * The strongest confinement in which Node runs. `readable` are the files and folders of tools; `workDirectory` is the
 * parent of the folders of jobs.
 */
export async function findConfinement(
  readable: readonly string[],
  workDirectory: string,
): Promise<Confinement> {
  if (process.platform !== 'linux') return unconfined('Children can be confined on Linux only.');
  const found = await findBubblewrap(workDirectory);
  const users = await findUsers(workDirectory);
  let reason = 'missing' in found ? found.missing : '';
  const candidates: Confinement[] = [];
  if ('bwrap' in found) {
    // Node is what yt-dlp runs for JavaScript.
    const options = { ...found, readable: [process.execPath, ...readable] };
    if (users) candidates.push(bubblewrap({ ...options, users }));
    candidates.push(bubblewrap({ ...options, users: null }));
  }
  for (const candidate of candidates) {
    const problem = await tryOut(candidate, workDirectory);
    if (problem === null) return candidate;
    reason = `bubblewrap does not work here: ${problem}.`;
  }
  const byUsers = users && confinedByUsers(users, reason);
  return byUsers && (await tryOut(byUsers, workDirectory)) === null ? byUsers : unconfined(reason);
}

async function findBubblewrap(
  workDirectory: string,
): Promise<Pick<Bubblewrap, 'bwrap' | 'filter'> | { missing: string }> {
  const filter = seccompFilter(process.arch);
  if (!filter) return { missing: `No filter of system calls is known for ${process.arch}.` };
  const socketPath = join(workDirectory, TRIAL_FOLDER, SOCKET_NAME);
  if (Buffer.byteLength(socketPath) + SUFFIX_CHARACTERS > MAX_SOCKET_PATH_BYTES)
    return { missing: 'The path of WORK_DIR is too long for the socket of a proxy.' };
  const bwrap = await locate('bwrap');
  return bwrap ? { bwrap, filter } : { missing: 'bubblewrap is not installed.' };
}

/** Null when a program runs in a folder like that of a job. */
async function tryOut(confinement: Confinement, workDirectory: string): Promise<string | null> {
  const folder = await mkdtemp(join(workDirectory, TRIAL_FOLDER));
  try {
    await confinement.giveAway(folder);
    const { exitCode, stderr } = await runChild({
      command: process.execPath,
      args: ['--version'],
      cwd: '/',
      confinement,
      folder,
      env: childEnvironment(folder),
      signal: AbortSignal.timeout(TRIAL_TIMEOUT_MS),
      maxStderrBytes: 1024,
      timeoutMs: TRIAL_TIMEOUT_MS,
    });
    return exitCode === 0 ? null : stderr.trim() || `exit code ${exitCode}`;
  } catch (error) {
    return messageOf(error);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
