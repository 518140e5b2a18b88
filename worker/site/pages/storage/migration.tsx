/** Moves earlier imports into a bucket, and shows how far that is. */
import type { FC } from 'hono/jsx';
import { SubmitButton } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { ProgressBar } from '../../components/charts.tsx';
import { formatCount } from '../../components/format.ts';

export interface Progress {
  total: number;
  done: number;
  failed: number;
  remaining: number;
}

/** The part that asks for itself again while files remain. */
export const MigrationProgress: FC<{ progress: Progress }> = ({ progress }) => {
  const { total, done, failed, remaining } = progress;
  const isRunning = remaining > 0;
  const poll = isRunning
    ? { 'hx-get': '/dashboard/storage/migration', 'hx-trigger': 'every 2s', 'hx-swap': 'outerHTML' }
    : {};
  return (
    <div id="migration" class="stack tight" {...poll}>
      <ProgressBar percent={((done + failed) / Math.max(total, 1)) * 100} label="Files that were moved" />
      <p class="row apart">
        <span>
          {formatCount(done)} of {formatCount(total)} files are in the bucket
          {failed > 0 && `, ${formatCount(failed)} failed`}.
        </span>
        <span class="soft">{isRunning ? `${formatCount(remaining)} to go` : 'Done'}</span>
      </p>
      {failed > 0 && !isRunning && (
        <p>Correct the settings, then move them again: only what is missing is moved.</p>
      )}
    </div>
  );
};

export const MigrationCard: FC<{ progress: Progress; destination: string }> = ({ progress, destination }) => (
  <Card
    id="move"
    title="Move earlier imports"
    lead="Copies every file that is in our storage into this bucket. It is free, and sources are not read again."
    actions={
      <form method="post" action="/dashboard/storage/migrate">
        <input type="hidden" name="storageDestination" value={destination} />
        <SubmitButton>Move earlier imports</SubmitButton>
      </form>
    }
  >
    {progress.total > 0 && <MigrationProgress progress={progress} />}
  </Card>
);
