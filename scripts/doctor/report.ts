/** How results read: a line each in a terminal, or one JSON document. */
import type { CheckResult } from './check.ts';

const MARKS: Record<CheckResult['outcome'], string> = { passed: '✓', failed: '✗', skipped: '–' };
const NAME_WIDTH = 24;

/** One row of the table: mark, name, time, cost, what was found. */
export function row({ name, outcome, durationMs, costMicrodollars, detail }: CheckResult): string {
  const time = outcome === 'skipped' ? '' : `${(durationMs / 1000).toFixed(2)} s`;
  const cost = costMicrodollars === undefined ? '' : dollars(costMicrodollars);
  return `${MARKS[outcome]} ${name.padEnd(NAME_WIDTH)}${time.padStart(9)}${cost.padStart(12)}  ${detail}`;
}

/** The last line. */
export function summary(results: CheckResult[]): string {
  const failed = results.filter(({ outcome }) => outcome === 'failed').map(({ name }) => name);
  const cost = dollars(totalCost(results));
  if (failed.length === 0) return `Every check passed. Cost: ${cost}.`;
  return `Failed: ${failed.join(', ')}. Cost: ${cost}.`;
}

/** The whole report for programs. */
export function toJson(url: string, results: CheckResult[]): string {
  const ok = isHealthy(results);
  return JSON.stringify({ ok, url, costMicrodollars: totalCost(results), checks: results }, null, 2);
}

/** Whether nothing failed. */
export function isHealthy(results: CheckResult[]): boolean {
  return results.every(({ outcome }) => outcome === 'passed');
}

function totalCost(results: CheckResult[]): number {
  return results.reduce((sum, { costMicrodollars = 0 }) => sum + costMicrodollars, 0);
}

function dollars(microdollars: number): string {
  return `$${(microdollars / 1_000_000).toFixed(6)}`;
}
