/** `run.json` lists the processes of a stack, so that no two stacks share a state directory and no process stays behind. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { StartProblem } from '../lib/problem.ts';
import { readJson, writePrivate } from '../lib/private-file.ts';
import { listProcesses, signalProcess } from '../lib/processes.ts';

const RunRecord = z.object({
  pid: z.number().int(),
  apiUrl: z.string(),
  children: z.array(z.object({ pid: z.number().int(), command: z.string() })),
});
export type RunRecord = z.infer<typeof RunRecord>;

const fileOf = (stateDirectory: string) => join(stateDirectory, 'run.json');

function readRecord(stateDirectory: string): RunRecord | null {
  try {
    return RunRecord.parse(readJson(fileOf(stateDirectory)));
  } catch {
    return null; // Missing, or damaged by a crash.
  }
}

/** Writes the record. Call it again after a child was replaced. */
export function writeRunRecord(stateDirectory: string, record: RunRecord): void {
  writePrivate(fileOf(stateDirectory), JSON.stringify(record));
}

/** Removes the record at the end of a clean stop. */
export function removeRunRecord(stateDirectory: string): void {
  rmSync(fileOf(stateDirectory), { force: true });
}

/** How long the kernel may take to release the port and files of a killed process, in milliseconds. */
export const GONE_WITHIN_MS = 5_000;

async function untilGone(pids: number[]): Promise<void> {
  const deadline = performance.now() + GONE_WITHIN_MS;
  while (performance.now() < deadline && listProcesses().some(({ pid }) => pids.includes(pid)))
    await delay(20);
}

/**
 * Ends the processes that a killed start left behind, so that its port and database are free, and prints their ids.
 * It ends a process only if id and command line match the record, because the system reuses ids.
 * Returns whether it ended any. Throws a StartProblem if the recorded start still runs.
 */
export async function takeOver(stateDirectory: string, say: (line: string) => void): Promise<boolean> {
  const record = readRecord(stateDirectory);
  if (record === null) return false;
  const running = listProcesses();
  if (running.some(({ pid, command }) => pid === record.pid && /scripts\/(start|dev)\.ts/.test(command))) {
    throw new StartProblem(
      `It already runs at ${record.apiUrl} (process ${record.pid}); stop that one first, or set IMPORTLY_STATE_DIR for a second one.`,
    );
  }
  const left = record.children.filter((child) =>
    running.some(({ pid, command }) => pid === child.pid && command === child.command),
  );
  for (const { pid } of left) {
    // A child that leads a process group ends with its group.
    if (!signalProcess(pid, 'SIGKILL', true)) signalProcess(pid, 'SIGKILL');
    say(`Ended process ${pid} of a start that was killed.`);
  }
  await untilGone(left.map(({ pid }) => pid));
  removeRunRecord(stateDirectory);
  return left.length > 0;
}
