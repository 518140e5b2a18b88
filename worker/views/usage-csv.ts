import type { Usage, UsageGroup } from '../contract/api/usage.ts';
import { GROUP_MEMBERS } from './usage-view.ts';

const SUMS = ['jobs', 'completed', 'failed', 'canceled', 'bytes', 'freeBytes', 'costInMicrodollars'] as const;

/** The rows of a usage answer as CSV (RFC 4180). Failures are `code=count`, separated by spaces. */
export function toUsageCsv({ rows }: Usage, groupBy: readonly UsageGroup[]): string {
  const groups = groupBy.map((name) => GROUP_MEMBERS[name]);
  const lines = rows.map((row) => {
    const failures = Object.entries(row.failures).map(([code, count]) => `${code}=${count}`);
    return [...groups.map((name) => row[name] ?? ''), ...SUMS.map((name) => row[name]), failures.join(' ')];
  });
  return [[...groups, ...SUMS, 'failures'], ...lines]
    .map((line) => `${line.map(toCell).join(',')}\r\n`)
    .join('');
}

/** Quoted where needed. A text that a spreadsheet would run as a formula gets an apostrophe. */
function toCell(value: string | number): string {
  const text = typeof value === 'string' ? value.replace(/^(?=[=+\-@\t])/, "'") : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
