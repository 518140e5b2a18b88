/**
 * Notes on disk about the attempts that run here. A process that is killed cannot hand them back, so its successor reads the notes and tells the
 * Worker. Otherwise the jobs would wait until their leases end.
 */
import { readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dispatcher } from 'undici';
import { z } from 'zod';
import type { Command } from '../../worker/contract/downloader/command.ts';
import { lostProof } from '../../worker/contract/downloader/lost-proof.ts';
import { HelloAnswer, type Hello } from '../../worker/contract/downloader/report.ts';
import type { Log } from '../../worker/contract/log.ts';
import { backoffMs, pause } from '../backoff.ts';
import { postJson } from '../control-client.ts';
import { JobFailure } from '../job-failure.ts';
import { isOwnerGone } from './job-directory.ts';

/** `importly-attempt-<process id>-<job>-<attempt>`. */
const NAME = /^importly-attempt-(\d+)-/;
/** Milliseconds for the Worker to answer, and how long it is asked: then the leases have ended. */
const ANSWER_TIMEOUT_MS = 10_000;
const GIVE_UP_AFTER_MS = 90_000;
/** Proofs of one request: the contract's maximum. */
const MAX_PROOFS = 100;

const Note = z.object({ controlUrl: z.url(), proof: z.string() });

/** The attempts that a process before this one has left, by the Worker that they belong to. */
export interface LostAttempts {
  files: string[];
  byWorker: Map<string, string[]>;
}

/** Notes that the attempt runs here. Returns how to remove the note. Never throws: without a note, the lease ends the attempt. */
export async function noteAttempt(workDirectory: string, command: Command): Promise<() => Promise<void>> {
  const { jobId, attempt, controlUrl, token } = command;
  const path = join(workDirectory, `importly-attempt-${process.pid}-${jobId}-${attempt}`);
  try {
    const note = { controlUrl, proof: await lostProof(token) };
    await writeFile(path, JSON.stringify(note), { mode: 0o600 });
  } catch {
    // The disk is full, or the token is not one of this version.
  }
  return () => unlink(path).catch(() => undefined);
}

/** Reads the notes of processes that have ended. */
export async function findLostAttempts(workDirectory: string): Promise<LostAttempts> {
  const lost: LostAttempts = { files: [], byWorker: new Map() };
  for (const name of await readdir(workDirectory).catch(() => [])) {
    if (!isOwnerGone(NAME, name)) continue;
    const path = join(workDirectory, name);
    lost.files.push(path);
    const note = await readNote(path);
    if (note) lost.byWorker.set(note.controlUrl, [...(lost.byWorker.get(note.controlUrl) ?? []), note.proof]);
  }
  return lost;
}

/** Null for a note that was not written to its end. */
async function readNote(path: string): Promise<z.infer<typeof Note> | null> {
  try {
    return Note.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return null;
  }
}

/** Tells the Worker of them, and removes the notes. Never throws. */
export async function reportLostAttempts(
  { files, byWorker }: LostAttempts,
  { agent, log }: { agent: Dispatcher; log: Log },
): Promise<void> {
  for (const [controlUrl, proofs] of byWorker) {
    for (let at = 0; at < proofs.length; at += MAX_PROOFS) {
      await sayHello({ controlUrl, agent, log }, { lost: proofs.slice(at, at + MAX_PROOFS) });
    }
  }
  for (const path of files) await rm(path, { force: true }).catch(() => undefined);
}

async function sayHello(
  { controlUrl, agent, log }: { controlUrl: string; agent: Dispatcher; log: Log },
  body: Hello,
): Promise<void> {
  const startedMs = performance.now();
  for (let tries = 1; performance.now() - startedMs < GIVE_UP_AFTER_MS; tries++) {
    try {
      const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
      const { known } = HelloAnswer.parse(
        await postJson({ agent, url: `${controlUrl}/hello`, body, signal }),
      );
      log.info('downloader.predecessor_lost', { attempts: body.lost.length, known });
      return;
    } catch (error) {
      // A Worker of an earlier version does not know the request.
      if (error instanceof JobFailure || error instanceof z.ZodError) return;
      await pause(backoffMs(tries));
    }
  }
}
