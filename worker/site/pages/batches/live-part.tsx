/** How far a batch is. The part asks for itself while the batch runs, and reloads the page at the end. */
import type { FC } from 'hono/jsx';
import type { BatchView } from '../../../contract/api/batches/batch-view.ts';
import type { JobStatus } from '../../../contract/job.ts';
import { Card } from '../../components/card.tsx';
import { ProgressBar } from '../../components/charts.tsx';
import { formatCount } from '../../components/format.ts';
import { IMPORT_STATES } from '../../components/import-state.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { pathOfBatch } from './paths.ts';
import { isRunning, progressOf } from './words.tsx';

/** The address of the items in one state, or of all. */
export function itemsHref(path: string, status: JobStatus | undefined, cursor?: string): string {
  const query = new URLSearchParams({ ...(status && { status }), ...(cursor !== undefined && { cursor }) });
  return query.size === 0 ? path : `${path}?${query.toString()}`;
}

/** `status`: the state whose items the page shows. */
export const LivePart: FC<{ batch: BatchView; status: JobStatus | undefined }> = ({ batch, status }) => {
  const path = pathOfBatch(batch.batchId);
  const poll = isRunning(batch)
    ? {
        'hx-get': itemsHref(`${path}/live`, status),
        'hx-trigger': 'every 2s',
        'hx-swap': 'outerHTML',
        'aria-live': 'polite',
      }
    : {};
  return (
    <div id="live" class="stack" {...poll}>
      <Card>
        <div class="stack tight">
          <Progress batch={batch} />
          {isRunning(batch) && (
            <p data-without-script>
              <a href={itemsHref(path, status)}>Look again</a>
            </p>
          )}
        </div>
      </Card>
      {batch.total > 0 && <StateTabs batch={batch} status={status} />}
    </div>
  );
};

/** A bar while the batch runs, and the number of imports that ended. */
export const Progress: FC<{ batch: BatchView }> = ({ batch }) => {
  const { ended, percent } = progressOf(batch);
  const { total, counts } = batch;
  return (
    <div class="stack tight">
      {isRunning(batch) && <ProgressBar percent={percent} label="Progress" />}
      <span class="small number">
        {batch.status === 'reading'
          ? 'Its imports start when the playlist is read.'
          : `${formatCount(ended)} of ${formatCount(total)} ended`}
        {counts.failed > 0 && `, ${formatCount(counts.failed)} failed`}
      </span>
    </div>
  );
};

const StateTabs: FC<{ batch: BatchView; status: JobStatus | undefined }> = ({ batch, status }) => {
  const path = pathOfBatch(batch.batchId);
  const states = Object.entries(batch.counts) as [JobStatus, number][];
  const shown = states.filter(([state, count]) => count > 0 || state === status);
  return (
    <Tabs
      label="States"
      tabs={[
        { href: path, label: `All ${formatCount(batch.total)}`, isCurrent: status === undefined },
        ...shown.map(([state, count]) => ({
          href: itemsHref(path, state),
          label: `${IMPORT_STATES[state].word} ${formatCount(count)}`,
          isCurrent: status === state,
        })),
      ]}
    />
  );
};
