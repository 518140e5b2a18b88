/** Numbers as people read them. Pure. */

const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB', 'PB'];

/** `1.4 MB`, in powers of 1,000 as providers bill them. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`;
  // 999,999 bytes are 1.0 MB, not 1000 KB.
  const power = Math.min(Math.floor(Math.log10(bytes * 1.0005) / 3), UNITS.length - 1);
  const value = bytes / 1000 ** power;
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[power]}`;
}

/** `850 ms`, `4 s`, `2 min 5 s`, `1 h 4 min`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const [minutes, hours] = [Math.floor(seconds / 60), Math.floor(seconds / 3600)];
  if (hours === 0) return joined(`${minutes} min`, seconds % 60, 's');
  if (hours < 48) return joined(`${hours} h`, minutes % 60, 'min');
  return joined(`${Math.floor(hours / 24)} days`, hours % 24, 'h');
}

function joined(first: string, rest: number, unit: string): string {
  return rest === 0 ? first : `${first} ${rest} ${unit}`;
}

/** `12,345`. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

const STEPS: [unit: string, ms: number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
];

/** `just now`, `5 minutes ago`, `in 2 days`. */
export function formatAgo(atMs: number, nowMs: number): string {
  const distance = Math.abs(nowMs - atMs);
  const [unit, ms] = STEPS.find(([, ms]) => distance >= ms) ?? [null, 1];
  if (unit === null) return 'just now';
  const count = Math.floor(distance / ms);
  const words = `${count} ${unit}${count === 1 ? '' : 's'}`;
  return atMs <= nowMs ? `${words} ago` : `in ${words}`;
}

const UTC = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'medium',
  timeStyle: 'short',
  timeZone: 'UTC',
});

/** `12 Nov 2026, 14:03 UTC`. */
export function formatUtc(atMs: number): string {
  return `${UTC.format(atMs)} UTC`;
}
