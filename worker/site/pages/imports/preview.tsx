/** What an import would take and cost, and the same request as curl, before it starts. */
import type { FC } from 'hono/jsx';
import type { MetadataView, MetadataViewOf } from '../../../contract/api/metadata/view.ts';
import { isTerminal } from '../../../contract/job.ts';
import { Card } from '../../components/card.tsx';
import { CodeBlock } from '../../components/code-block.tsx';
import { SubmitButton } from '../../components/button.tsx';
import { Definitions } from '../../components/definitions.tsx';
import { formatBytes, formatDuration } from '../../components/format.ts';
import { Note } from '../../components/note.tsx';
import { NEW_PATH } from './paths.ts';

export interface PreviewProps {
  /** Null while the form is not complete. */
  curl: string | null;
  /** Null when nothing was asked yet. */
  estimate: MetadataView | null;
  /** What an estimate costs, in dollars; 0 asks for it without a click. */
  priceInDollars: number;
}

/** Beside the form. It asks for itself again until the estimate is known. */
export const Preview: FC<PreviewProps> = ({ curl, estimate, priceInDollars }) => (
  <div class="stack" id="preview">
    <Card title="Estimate" lead="What the source offers and what the import takes.">
      {estimate ? <EstimatePart estimate={estimate} /> : <NoEstimate priceInDollars={priceInDollars} />}
    </Card>
    <Card title="As a request" lead="The same import through the API.">
      {curl === null ? (
        <p class="soft">Enter a URL to see the request.</p>
      ) : (
        <CodeBlock id="curl" text={curl} label="The request for curl" />
      )}
    </Card>
  </div>
);

const NoEstimate: FC<{ priceInDollars: number }> = ({ priceInDollars }) =>
  priceInDollars === 0 ? (
    <p class="soft">Enter a URL, and we look at the source.</p>
  ) : (
    <div class="stack tight">
      <p class="soft">Looking at the source costs ${priceInDollars.toFixed(2)}.</p>
      <div>
        <SubmitButton small formaction={`${NEW_PATH}/preview`} name="estimate" value="yes">
          Show the estimate
        </SubmitButton>
      </div>
    </div>
  );

/** The part that asks for itself. */
export const EstimatePart: FC<{ estimate: MetadataView }> = ({ estimate }) => {
  const poll = isTerminal(estimate.status)
    ? {}
    : {
        'hx-get': `${NEW_PATH}/estimate/${estimate.jobId}`,
        'hx-trigger': 'every 1s',
        'hx-target': '#estimate',
        'hx-swap': 'outerHTML',
      };
  return (
    <div class="stack tight" id="estimate" aria-live="polite" {...poll}>
      {estimate.status === 'completed' ? (
        <Known estimate={estimate} />
      ) : estimate.status === 'failed' ? (
        <Note tone="bad">
          <strong>{estimate.error.message}</strong>
          <span>{estimate.error.hint}</span>
        </Note>
      ) : estimate.status === 'canceled' ? (
        <p class="soft">{estimate.message}</p>
      ) : (
        <p class="soft">Looking at the source …</p>
      )}
    </div>
  );
};

const Known: FC<{ estimate: MetadataViewOf<'completed'> }> = ({ estimate: view }) => {
  const { estimate, title, duration, uploader } = view;
  const chosen = view.formats.filter(({ formatId }) => estimate.formatIds.includes(formatId));
  const size = estimate.fileSizeBytes;
  return (
    <>
      {!estimate.importable && estimate.reason && (
        <Note tone="bad">
          <strong>{estimate.reason.message}</strong>
          <span>{estimate.reason.hint}</span>
        </Note>
      )}
      <Definitions
        stacked
        rows={[
          ['Title', title],
          ['By', uploader],
          ['Duration', duration === null ? null : formatDuration(duration * 1000)],
          ['Takes', chosen.length === 0 ? null : chosen.map(describeFormat).join(' + ')],
          [
            'Size',
            size === null
              ? 'Not known before'
              : `${estimate.isSizeExact ? '' : 'about '}${formatBytes(size)}`,
          ],
          ['Cost', estimate.costInDollars === null ? null : `$${estimate.costInDollars.toFixed(2)}`],
        ]}
      />
    </>
  );
};

function describeFormat(format: MetadataViewOf<'completed'>['formats'][number]): string {
  const { quality, extension, videoCodec, audioCodec } = format;
  const codecs = [videoCodec, audioCodec].filter((codec) => codec !== null).join(', ');
  return [quality ?? (format.hasAudio ? 'audio' : 'file'), extension, codecs && `(${codecs})`]
    .filter(Boolean)
    .join(' ');
}
