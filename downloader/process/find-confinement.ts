/** Finds out how children can be confined on this machine, by trying it. */
import { join } from 'node:path';
import { bubblewrap } from './bubblewrap.ts';
import { childEnvironment } from './child-environment.ts';
import { unconfined, type Confinement } from './confinement.ts';
import { locate } from './locate.ts';
import { runChild } from './run-child.ts';
import { seccompFilter } from './seccomp.ts';
import { SOCKET_NAME } from './ytdlp-boot.ts';

/** Milliseconds for the trial: it takes 50 ms, and seconds on a cold disk. */
const TRIAL_TIMEOUT_MS = 30_000;
/** Bytes of the path of a unix socket (`sun_path`, without its end). */
const MAX_SOCKET_PATH_BYTES = 107;
/** The name of a job's folder is about as long. */
const JOB_FOLDER = 'importly-job-1234567-AbCdEf';

/** `readable` are the files and folders of tools; `workDirectory` is the parent of the folders of jobs. */
export async function findConfinement(
  readable: readonly string[],
  workDirectory: string,
): Promise<Confinement> {
  if (process.platform !== 'linux') return unconfined('Children can be confined on Linux only.');
  const filter = seccompFilter(process.arch);
  if (!filter) return unconfined(`No filter of system calls is known for ${process.arch}.`);
  if (Buffer.byteLength(join(workDirectory, JOB_FOLDER, SOCKET_NAME)) > MAX_SOCKET_PATH_BYTES)
    return unconfined('The path of WORK_DIR is too long for the socket of a proxy.');
  const bwrap = await locate('bwrap');
  if (!bwrap) return unconfined('bubblewrap is not installed.');
  // Node is what yt-dlp runs for JavaScript.
  const found = bubblewrap({ bwrap, filter, readable: [process.execPath, ...readable] });
  const problem = await tryOut(found, workDirectory);
  return problem === null ? found : unconfined(`bubblewrap does not work here: ${problem}.`);
}

/** Null when a program runs. */
async function tryOut(confinement: Confinement, folder: string): Promise<string | null> {
  try {
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
    return error instanceof Error ? error.message : String(error);
  }
}
