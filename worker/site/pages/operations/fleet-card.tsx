/** The downloaders, one a row. */
import type { FC } from 'hono/jsx';
import { OLD_YTDLP_DAYS } from '../../../contract/ytdlp-age.ts';
import type { FleetDownloader } from '../../../diagnostics/fleet.ts';
import { Badge } from '../../components/badge.tsx';
import { Card } from '../../components/card.tsx';
import { EmptyState, Table } from '../../components/table.tsx';
import { Ago } from '../../components/time.tsx';

export const FleetCard: FC<{ fleet: readonly FleetDownloader[]; now: number }> = ({ fleet, now }) => (
  <Card title="Downloaders" lead="A downloader reports its versions while it runs a job." flush>
    {fleet.length === 0 ? (
      <EmptyState title="No downloaders">
        Set DOWNLOADER_SLOTS, or add a member to the fleet, as
        <a href="/docs/operations#a-downloader-joins-or-leaves-the-fleet"> the guide</a> shows.
      </EmptyState>
    ) : (
      <Table
        caption="Downloaders"
        rows={fleet}
        columns={[
          {
            label: 'Downloader',
            cell: ({ slot, isMember }) => (
              <span class="two-lines">
                <strong>{slot}</strong>
                {isMember && <span class="soft small">Fleet member</span>}
              </span>
            ),
          },
          { label: 'State', cell: (downloader) => <State downloader={downloader} now={now} /> },
          {
            label: 'Load',
            cell: ({ running, capacity }) =>
              capacity === null ? (
                `${running} running`
              ) : (
                <span class="number">{`${running}\u00A0of\u00A0${capacity}`}</span>
              ),
          },
          { label: 'yt-dlp', cell: (downloader) => <Ytdlp downloader={downloader} /> },
          { label: 'Version', cell: ({ versions }) => versions?.downloader ?? '–' },
          { label: 'ffmpeg', cell: ({ versions }) => versions && (versions.ffmpeg ?? 'Not installed') },
          {
            label: 'Last report',
            end: true,
            cell: ({ lastSeenAt }) => (lastSeenAt === null ? '–' : <Ago at={lastSeenAt} now={now} />),
          },
        ]}
      />
    )}
  </Card>
);

const State: FC<{ downloader: FleetDownloader; now: number }> = ({
  downloader: { pause, lastSeenAt },
  now,
}) => {
  if (pause !== null)
    return (
      <span class="two-lines">
        <span>
          {pause.isSilent ? (
            <Badge tone="bad" word="Does not answer" />
          ) : (
            <Badge tone="warn" word="Took no job" />
          )}
        </span>
        <span class="soft small">{pause.until > now ? 'Paused' : 'Is tried again'}</span>
      </span>
    );
  return lastSeenAt === null ? <Badge word="No report yet" /> : <Badge tone="good" word="Takes jobs" />;
};

const Ytdlp: FC<{ downloader: FleetDownloader }> = ({ downloader: { versions, ytdlpAgeDays } }) => {
  if (versions === null) return <>–</>;
  if (versions.ytdlp === null) return <>Not installed</>;
  const isOld = ytdlpAgeDays !== null && ytdlpAgeDays >= OLD_YTDLP_DAYS;
  return (
    <span class="two-lines">
      <span>{versions.ytdlp}</span>
      {ytdlpAgeDays !== null && (
        <span class={isOld ? 'small' : 'soft small'}>
          {ytdlpAgeDays} {ytdlpAgeDays === 1 ? 'day' : 'days'} old
          {isOld && ': update it'}
        </span>
      )}
    </span>
  );
};
