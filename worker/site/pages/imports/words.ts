/** Stages and outcomes of imports, as people read them. Pure. */
import type { AttemptOutcome, JobStage } from '../../../contract/job.ts';
import type { Tone } from '../../components/note.tsx';

export const STAGE: Readonly<Record<JobStage, string>> = {
  resolving: 'Reading the source',
  downloading: 'Downloading',
  merging: 'Merging video and audio',
  uploading: 'Uploading',
  verifying: 'Checking the file',
};

export const OUTCOME: Readonly<Record<AttemptOutcome, { word: string; tone?: Tone }>> = {
  completed: { word: 'Completed', tone: 'good' },
  failed: { word: 'Failed', tone: 'bad' },
  canceled: { word: 'Canceled', tone: 'warn' },
  undelivered: { word: 'Not started', tone: 'warn' },
  handed_back: { word: 'Moved to another downloader' },
  expired: { word: 'Downloader lost', tone: 'warn' },
};

/** The name of a file or page in a URL, short enough for a line: `example.com/…/video.mp4`. */
export function shortUrl(url: string): string {
  const { host, pathname, search } = new URL(url);
  const whole = `${host}${pathname === '/' ? '' : pathname}${search}`;
  if (whole.length <= 60) return whole;
  const last = (pathname.split('/').findLast((part) => part !== '') ?? '') + search;
  return last === '' ? `${whole.slice(0, 59)}…` : `${host}/…/${last.slice(-40)}`;
}
