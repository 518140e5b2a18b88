/** Makes the last line of `npm test` from vitest's JSON report. */
import { z } from 'zod';

const Report = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numTodoTests: z.number(),
  success: z.boolean(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      assertionResults: z.array(z.object({ status: z.string(), fullName: z.string() })),
    }),
  ),
});

export interface Summary {
  passed: number;
  failed: number;
  skipped: number;
  /** Full names of skipped tests. */
  skippedNames: string[];
}

/**
 * Counts the results in a report. Each of these counts as one failure: a file that could not be loaded, a run that fails
 * for another reason (an unhandled error), and a missing report.
 */
export function summarise(report: unknown, exitCode: number): Summary {
  const parsed = Report.safeParse(report);
  if (!parsed.success) return { passed: 0, failed: 1, skipped: 0, skippedNames: [] };
  const { data } = parsed;
  const brokenFiles = data.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  const failed = data.numFailedTests + brokenFiles.length;
  const skippedNames = data.testResults.flatMap((file) =>
    file.assertionResults
      .filter((test) => ['skipped', 'pending', 'todo', 'disabled'].includes(test.status))
      .map((test) => test.fullName),
  );
  return {
    passed: data.numPassedTests,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: data.numPendingTests + data.numTodoTests,
    skippedNames,
  };
}

/** Returns `12 passed, 0 failed`, and the number of skipped tests if there are any. */
export function summaryLine({ passed, failed, skipped }: Summary): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
