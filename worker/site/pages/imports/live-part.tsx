/** The part of an import's page that changes while the import runs. It asks for itself, and reloads the page at the end. */
import type { FC } from 'hono/jsx';
import type { ImportView, ImportViewOf } from '../../../contract/api/import-view.ts';
import type { AttemptRow } from '../../../jobs/imports/list-attempts.ts';
import { Card } from '../../components/card.tsx';
import { ProgressBar } from '../../components/charts.tsx';
import { formatBytes, formatDuration } from '../../components/format.ts';
import { Note } from '../../components/note.tsx';
import { pathOfImport } from './paths.ts';
import { STAGE } from './words.ts';

export interface LiveProps {
  view: ImportView;
  attempts: readonly AttemptRow[];
  now: number;
}

/** Null for an import that has ended. */
export const LivePart: FC<LiveProps> = ({ view, attempts, now }) => {
  if (view.status !== 'queued' && view.status !== 'processing') return null;
  const path = `${pathOfImport(view.jobId)}/live`;
  return (
    <div id="live" hx-get={path} hx-trigger="every 1s" hx-swap="outerHTML" aria-live="polite">
      <Card title={view.status === 'queued' ? 'Waiting' : STAGE[view.stage]}>
        <div class="stack tight">
          {view.status === 'queued' ? (
            <Waiting view={view} />
          ) : (
            <Running view={view} since={stageStart(view.stage, attempts.at(-1))} now={now} />
          )}
          {view.lastError && (
            <Note tone="warn">
              <strong>The last attempt failed: {view.lastError.message}</strong>
              <span>{view.lastError.hint}</span>
            </Note>
          )}
          <p data-without-script>
            <a href={pathOfImport(view.jobId)}>Look again</a>
          </p>
        </div>
      </Card>
    </div>
  );
};

const Waiting: FC<{ view: ImportViewOf<'queued'> }> = ({ view }) => (
  <>
    <ProgressBar percent={null} label="Waiting" />
    <p>{view.message}</p>
  </>
);

const Running: FC<{ view: ImportViewOf<'processing'>; since: number | null; now: number }> = ({
  view: { percent, bytesDone, bytesTotal, cancelRequestedAt },
  since,
  now,
}) => {
  const speed = since === null || now <= since ? null : (1000 * bytesDone) / (now - since);
  const left = speed && bytesTotal !== null ? (1000 * Math.max(0, bytesTotal - bytesDone)) / speed : null;
  return (
    <>
      <ProgressBar percent={percent} label="Progress" />
      <p class="row apart number">
        <span>
          {percent !== null && <strong>{percent} % </strong>}
          {bytesDone > 0 && formatBytes(bytesDone)}
          {bytesTotal !== null && ` of ${formatBytes(bytesTotal)}`}
        </span>
        <span class="soft">
          {speed !== null && bytesDone > 0 && `${formatBytes(Math.round(speed))}/s`}
          {left !== null && left >= 1000 && `, ${formatDuration(left)} left`}
        </span>
      </p>
      {cancelRequestedAt !== null && <p class="soft">It is being canceled.</p>}
    </>
  );
};

/** When the attempt first reported this stage. */
function stageStart(stage: ImportViewOf<'processing'>['stage'], attempt: AttemptRow | undefined) {
  return attempt?.[`${stage}At`] ?? null;
}
