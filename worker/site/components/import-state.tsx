import type { FC } from 'hono/jsx';
import type { JobStatus } from '../../contract/job.ts';
import { Badge } from './badge.tsx';
import type { Tone } from './note.tsx';

/** States as people read them. */
export const IMPORT_STATES: Readonly<Record<JobStatus, { tone?: Tone | 'busy'; word: string }>> = {
  queued: { word: 'Waiting' },
  processing: { tone: 'busy', word: 'Importing' },
  completed: { tone: 'good', word: 'Completed' },
  failed: { tone: 'bad', word: 'Failed' },
  canceled: { word: 'Canceled' },
};

/** The state of an import in a word that people use. */
export const ImportState: FC<{ status: JobStatus }> = ({ status }) => <Badge {...IMPORT_STATES[status]} />;
