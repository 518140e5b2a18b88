/** Asks for the name of the deployment and removes it. */
import { createInterface } from 'node:readline/promises';
import { StartProblem } from '../../lib/problem.ts';
import type { Removal } from './removal.ts';

/** Resolves when the name was given, by `--confirm` or typed; throws a StartProblem for another one. */
export async function confirmRemoval(
  { names, steps }: Removal,
  confirmed: string | null,
  say: (line: string) => void,
): Promise<void> {
  say('This removes for good:');
  for (const { subject } of steps) say(`  ${subject}`);
  const name = confirmed ?? (await askName(names.worker));
  if (name !== names.worker) throw new StartProblem(`Nothing was removed: the name is ${names.worker}.`);
}

async function askName(name: string): Promise<string> {
  if (!process.stdin.isTTY)
    throw new StartProblem(`Nothing was removed: give --confirm ${name}, since nobody can be asked here.`);
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return (await terminal.question(`Type ${name} to remove it: `)).trim();
  } finally {
    terminal.close();
  }
}

/** Removes one thing after the other; throws a StartProblem when something had to stay. */
export async function runRemoval(
  { names, record, steps }: Removal,
  say: (line: string) => void,
): Promise<void> {
  const left: string[] = [];
  for (const { subject, run } of steps) {
    const stays = await run();
    say(`${subject}: ${stays ?? 'removed'}`);
    if (stays !== null) left.push(subject);
  }
  if (left.length > 0) throw new StartProblem(`${names.worker} is not removed entirely: ${left.join(', ')}.`);
  record.forget();
}
