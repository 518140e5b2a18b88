/** States of batches and their titles, as people read them. */
import type { FC } from 'hono/jsx';
import type { BatchView } from '../../../contract/api/batches/batch-view.ts';
import { Badge } from '../../components/badge.tsx';
import { formatCount } from '../../components/format.ts';
import { shortUrl } from '../imports/words.ts';

const STATES = {
  reading: { tone: 'busy', word: 'Reading the playlist' },
  processing: { tone: 'busy', word: 'Importing' },
  completed: { tone: 'good', word: 'Completed' },
  failed: { tone: 'bad', word: 'Failed' },
  canceled: { word: 'Canceled' },
} as const;

/** A batch with failures is not shown as a success. */
export const BatchState: FC<{ batch: BatchView }> = ({ batch: { status, counts } }) =>
  status === 'completed' && counts.failed > 0 ? (
    <Badge tone="warn" word="Completed with failures" />
  ) : (
    <Badge {...STATES[status]} />
  );

/** `The title of the playlist`, or `20 URLs`. */
export function titleOf({ playlist, total }: BatchView): string {
  if (playlist === null) return `${formatCount(total)} ${total === 1 ? 'URL' : 'URLs'}`;
  // Until the playlist is read, its title is a filter.
  const title = playlist.entriesFound === null ? undefined : playlist.title;
  return title ?? shortUrl(playlist.url);
}

export function isRunning({ status }: BatchView): boolean {
  return status === 'reading' || status === 'processing';
}

/** `12 of 20 have ended`. */
export function progressOf({ total, counts }: BatchView): { ended: number; percent: number | null } {
  const ended = counts.completed + counts.failed + counts.canceled;
  return { ended, percent: total === 0 ? null : Math.floor((100 * ended) / total) };
}
