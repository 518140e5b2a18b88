/** `run.json`: which processes belong to a stack, so that two never share one state directory and none is left behind. */
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
    return null; // Nothing, or torn by a crash: it names nobody.
  }
}

/** Notes what runs now; called again whenever a child was replaced. */
export function writeRunRecord(stateDirectory: string, record: RunRecord): void {
  writePrivate(fileOf(stateDirectory), JSON.stringify(record));
}

/** Forgets the record at the end of a clean stop. */
export function removeRunRecord(stateDirectory: string): void {
  rmSync(fileOf(stateDirectory), { force: true });
}

/** How long a killed process may take to give its port and files back, in ms: it is the kernel's work alone. */
export const GONE_WITHIN_MS = 5_000;

async function untilGone(pids: number[]): Promise<void> {
  const deadline = performance.now() + GONE_WITHIN_MS;
  while (performance.now() < deadline && listProcesses().some(({ pid }) => pids.includes(pid)))
    await delay(20);
}

/**
 * Ends what a killed start left behind, so that its port and its database are free again; says what it ended.
 * A process is touched only when both id and command line are the recorded ones, since ids are used again.
 * Answers whether there was anything. Throws a StartProblem when the recorded start still runs.
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
    // Children that lead a group take it with them.
    if (!signalProcess(pid, 'SIGKILL', true)) signalProcess(pid, 'SIGKILL');
    say(`Ended process ${pid}, left behind by a start that was killed.`);
  }
  await untilGone(left.map(({ pid }) => pid));
  removeRunRecord(stateDirectory);
  return left.length > 0;
}
