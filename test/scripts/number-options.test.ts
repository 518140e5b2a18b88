/** Command lines of programs whose options are numbers. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { StartProblem } from '../../scripts/lib/problem.ts';
import { chaosOptions } from '../chaos/options.ts';
import { fuzzOptions } from '../fuzz/options.ts';

const fuzz = (args: string[]) => fuzzOptions(args, ['flac', 'ogg']);

it('chaos and fuzz read their numbers, and draw a seed', () => {
  expect(chaosOptions(['--seed', '7', '--jobs', '90', '--kills', '0'])).toEqual({
    seed: 7,
    jobs: 90,
    kills: 0,
  });
  expect(chaosOptions([])).toEqual({ seed: expect.any(Number), jobs: 200, kills: 70 });
  expect(fuzz(['--seconds', '5', '--seed', '1', '--target', 'ogg', '--iteration', '0'])).toEqual({
    seconds: 5,
    seed: 1,
    target: 'ogg',
    iteration: 0,
  });
  expect(fuzz([])).toEqual({ seconds: 60, seed: expect.any(Number), target: null, iteration: null });
});

it.each([
  [chaosOptions, ['--seed', 'x'], '--seed takes a whole number from 0 to 4294967295; not "x".'],
  [chaosOptions, ['--jobs', '0'], '--jobs takes a whole number from 1 to 10000; not "0".'],
  [chaosOptions, ['--kills', '1e3'], '--kills takes a whole number from 0 to 10000; not "1e3".'],
  [chaosOptions, ['--kills', ''], '--kills takes a whole number from 0 to 10000; not "".'],
  [fuzz, ['--seconds', 'abc'], '--seconds takes a whole number from 1 to 86400; not "abc".'],
  [fuzz, ['--seconds', '0'], '--seconds takes a whole number from 1 to 86400; not "0".'],
  [fuzz, ['--seconds', '1.5'], '--seconds takes a whole number from 1 to 86400; not "1.5".'],
  [fuzz, ['--iteration', 'NaN'], '--iteration takes a whole number from 0 to 4294967295; not "NaN".'],
  [fuzz, ['--target', 'mp5'], 'There is no target mp5. The targets are flac, ogg.'],
] as const)('%o refuses %j with a sentence', (read, args, sentence) => {
  expect(() => read([...args])).toThrow(new StartProblem(sentence));
});

it.each([chaosOptions, fuzz])('%o refuses other options with its usage', (read) => {
  expect(() => read(['--sed', '1'])).toThrow(/'--sed'.*\nUsage: npm run /s);
  expect(() => read(['abc'])).toThrow(StartProblem);
});

it('the program ends with the sentence and runs nothing', () => {
  const program = join(import.meta.dirname, '../fuzz/fuzz.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, '--seconds', 'abc'], {
    encoding: 'utf8',
  });
  expect([status, stdout, stderr]).toEqual([
    1,
    '',
    '--seconds takes a whole number from 1 to 86400; not "abc".\n',
  ]);
});
