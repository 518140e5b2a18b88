import { expect, test } from 'vitest';
import { summarise, summaryLine } from '../../scripts/test/summary.ts';

const file = (status: string, tests: [string, string][]) => ({
  name: 'a.test.ts',
  status,
  assertionResults: tests.map(([fullName, status]) => ({ fullName, status })),
});
const report = (
  counts: Partial<Record<'passed' | 'failed' | 'pending' | 'todo', number>>,
  ...files: object[]
) => ({
  numPassedTests: counts.passed ?? 0,
  numFailedTests: counts.failed ?? 0,
  numPendingTests: counts.pending ?? 0,
  numTodoTests: counts.todo ?? 0,
  success: true,
  testResults: files,
});

test('a clean run names no skipped tests', () => {
  const summary = summarise(
    report(
      { passed: 2 },
      file('passed', [
        ['a', 'passed'],
        ['b', 'passed'],
      ]),
    ),
    0,
  );
  expect(summaryLine(summary)).toBe('2 passed, 0 failed');
});

test('skipped and todo tests are counted and named', () => {
  const tests: [string, string][] = [
    ['a', 'passed'],
    ['b', 'skipped'],
    ['c', 'todo'],
  ];
  const summary = summarise(report({ passed: 1, pending: 1, todo: 1 }, file('passed', tests)), 0);
  expect(summaryLine(summary)).toBe('1 passed, 0 failed, 2 skipped');
  expect(summary.skippedNames).toEqual(['b', 'c']);
});

test('a file that cannot be loaded counts as one failure', () => {
  const summary = summarise(report({ passed: 1 }, file('passed', [['a', 'passed']]), file('failed', [])), 1);
  expect(summaryLine(summary)).toBe('1 passed, 1 failed');
});

test('an unhandled error after passing tests counts as one failure', () => {
  expect(summaryLine(summarise(report({ passed: 1 }), 1))).toBe('1 passed, 1 failed');
});

test.for([null, {}, 'text'])('a missing report (%j) counts as one failure', (missing) => {
  expect(summaryLine(summarise(missing, 0))).toBe('0 passed, 1 failed');
});
