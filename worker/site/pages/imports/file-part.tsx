/** The file of a completed import: player or picture, where it is, and its facts. */
import type { FC } from 'hono/jsx';
import type { ImportViewOf } from '../../../contract/api/import-view.ts';
import { Badge } from '../../components/badge.tsx';
import { ButtonLink } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { CodeLine } from '../../components/code-block.tsx';
import { Definitions } from '../../components/definitions.tsx';
import { formatBytes, formatDuration } from '../../components/format.ts';
import { Note } from '../../components/note.tsx';
import { Table } from '../../components/table.tsx';
import { Time } from '../../components/time.tsx';

type View = ImportViewOf<'completed'>;
type Part = FC<{ view: View }>;

/** What browsers show without downloading it. */
export const Player: Part = ({ view: { mediaUrl, media, title } }) => {
  if (mediaUrl === null) return null;
  const [kind] = media.contentType.split('/');
  if (kind === 'image') return <img class="media" src={mediaUrl} alt={title} />;
  if (kind === 'audio') return <audio class="media" controls preload="metadata" src={mediaUrl} />;
  if (kind === 'video') return <video class="media" controls preload="metadata" src={mediaUrl} />;
  return null;
};

/** Where the file is, and what is in it. */
export const FilePart: Part = ({ view }) => (
  <>
    {view.storage.status === 'fallback' && <FallbackNote view={view} />}
    {view.warnings.map((warning) => (
      <Note tone="warn">{warning}</Note>
    ))}
    <Card
      title="File"
      actions={
        view.mediaUrl !== null && (
          <ButtonLink small href={view.mediaUrl}>
            Open
          </ButtonLink>
        )
      }
    >
      <div class="stack">
        <Player view={view} />
        <Location view={view} />
        <Facts view={view} />
      </div>
    </Card>
    {view.storage.destinations && <Places destinations={view.storage.destinations} />}
  </>
);

const FallbackNote: Part = ({ view: { storage } }) => (
  <Note tone="warn">
    <strong>Your bucket did not take the file: {storage.error?.message ?? 'the upload failed.'}</strong>
    <span>
      {storage.error?.hint} The file is safe in our storage
      {storage.expiresAt && (
        <>
          {' until '}
          <Time at={storage.expiresAt} />
        </>
      )}
      , and we try again.
    </span>
  </Note>
);

const Location: Part = ({ view: { mediaUrl, storage } }) => (
  <div class="stack tight">
    {mediaUrl === null ? (
      <p class="soft">The file was deleted when its time in our storage had ended.</p>
    ) : (
      <CodeLine id="media-url" text={mediaUrl} />
    )}
    <p class="soft small">
      {storage.status === 'stored' ? (
        <>
          In your bucket <strong>{storage.bucket}</strong> as <strong>{storage.key}</strong>
        </>
      ) : (
        storage.expiresAt && (
          <>
            In our storage until <Time at={storage.expiresAt} />
          </>
        )
      )}
    </p>
  </div>
);

const Facts: Part = ({ view }) => {
  const { media, actual, checksum, differences, duration, costInDollars, source } = view;
  const size = media.width !== null && media.height !== null ? `${media.width} × ${media.height}` : null;
  return (
    <Definitions
      rows={[
        ['Size', formatBytes(view.fileSizeBytes)],
        ['Type', media.contentType],
        ['Duration', duration === null ? null : formatDuration(duration * 1000)],
        ['Picture', size],
        ['Frames a second', actual.framesPerSecond],
        ['Codecs', [media.videoCodec, media.audioCodec].filter(Boolean).join(', ') || null],
        ['Differs from the request', differences.length === 0 ? null : differences.map(toSentence).join(' ')],
        ['Read', source && source.reason],
        ['Cost', `$${costInDollars.toFixed(2)}`],
        ['CRC-32', <code>{checksum.crc32}</code>],
        ['SHA-256', checksum.sha256 && <code class="breaks">{checksum.sha256}</code>],
      ]}
    />
  );
};

function toSentence({ field, reason }: View['differences'][number]): string {
  return `${field}: ${reason}`;
}

const PLACE = {
  stored: { word: 'Stored', tone: 'good' },
  storing: { word: 'Copying', tone: 'busy' },
  waiting: { word: 'Tries again', tone: 'warn' },
  failed: { word: 'Failed', tone: 'bad' },
} as const;

const Places: FC<{ destinations: NonNullable<View['storage']['destinations']> }> = ({ destinations }) => (
  <Card title="Destinations" flush>
    <Table
      caption="Destinations"
      rows={destinations}
      columns={[
        { label: 'Destination', cell: ({ name }) => <strong>{name}</strong> },
        {
          label: 'State',
          cell: ({ status, error }) => (
            <div class="stack tight">
              <span>
                <Badge {...PLACE[status]} />
              </span>
              {error && <span class="small">{error.message}</span>}
            </div>
          ),
        },
        { label: 'Object', cell: ({ bucket, key }) => (key === undefined ? '–' : `${bucket}/${key}`) },
      ]}
    />
  </Card>
);
