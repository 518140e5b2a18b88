/** Asks every part of the installation whether it works. */
import type { FC } from 'hono/jsx';
import type { Diagnosis, QueueProbe } from '../../../contract/api/diagnostics.ts';
import { timeOfId } from '../../../ids.ts';
import { Badge } from '../../components/badge.tsx';
import { SubmitButton } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Definitions } from '../../components/definitions.tsx';
import { formatDuration } from '../../components/format.ts';
import { WHOLE_PAGE } from '../../layout/document.tsx';
import { DOCTOR_PATH, pathOfProbe } from './paths.ts';

/** A message that has not come back for so long does not come back. */
const PROBE_LOST_MS = 60_000;

/** `diagnosis` is null until somebody asks. */
export const DoctorCard: FC<{ diagnosis: Diagnosis | null; now: number }> = ({ diagnosis, now }) => (
  <div id="doctor">
    <Card
      title="Checks"
      lead="Asks the database, our storage, the queue and a downloader. A container that sleeps is started."
      actions={
        <form
          method="post"
          action={DOCTOR_PATH}
          hx-post={DOCTOR_PATH}
          hx-target="#doctor"
          hx-swap="outerHTML"
          {...{ 'hx-status:5xx': WHOLE_PAGE }}
        >
          <SubmitButton kind={diagnosis === null ? 'primary' : undefined}>
            {diagnosis === null ? 'Run the checks' : 'Run them again'}
          </SubmitButton>
        </form>
      }
    >
      {diagnosis && <Checks diagnosis={diagnosis} now={now} />}
    </Card>
  </div>
);

const Checks: FC<{ diagnosis: Diagnosis; now: number }> = ({ diagnosis, now }) => {
  const { database, serviceStorage, queue, downloader, pageDownloader } = diagnosis;
  const { probeId } = queue;
  return (
    <div aria-live="polite">
      <Definitions
        rows={[
          ['Database', <Check {...database} tookMs={database.roundTripMs} />],
          ['Our storage', <Check {...serviceStorage} tookMs={serviceStorage.roundTripMs} />],
          [
            'Queue',
            probeId === null ? (
              <Check {...queue} />
            ) : (
              <QueueProbeRow probe={{ probeId, roundTripMs: null }} now={now} />
            ),
          ],
          ['Downloader', <DownloaderCheck {...downloader} />],
          ['Downloader of pages', pageDownloader && <DownloaderCheck {...pageDownloader} />],
        ]}
      />
    </div>
  );
};

const Check: FC<{ ok: boolean; problem: string | null; tookMs?: number }> = ({ ok, problem, tookMs }) => (
  <span class="row">
    {ok ? <Badge tone="good" word="Works" /> : <Badge tone="bad" word="Problem" />}
    {problem && <span>{problem}</span>}
    {tookMs !== undefined && <span class="soft small">{formatDuration(tookMs)}</span>}
  </span>
);

const DownloaderCheck: FC<Diagnosis['downloader']> = ({
  ok,
  problem,
  answerMs,
  capacity,
  runningJobs,
  versions,
  confinement,
}) => (
  <div class="stack tight">
    <Check ok={ok} problem={problem} tookMs={answerMs} />
    {versions && (
      <span class="small">
        Version {versions.downloader}, yt-dlp {versions.ytdlp ?? 'not installed'}, ffmpeg{' '}
        {versions.ffmpeg ?? 'not installed'}
      </span>
    )}
    {capacity !== null && runningJobs !== null && (
      <span class="small">
        Runs {runningJobs} of {capacity} jobs
      </span>
    )}
    {confinement && (
      <span class="small">
        Programs that read sources are confined: {confinement.level}
        {confinement.reason && ` (${confinement.reason})`}
      </span>
    )}
  </div>
);

/** The message of the check. The row asks for itself until the message has come back. */
export const QueueProbeRow: FC<{ probe: QueueProbe; now: number }> = ({
  probe: { probeId, roundTripMs },
  now,
}) => {
  if (roundTripMs !== null) return <Check ok problem={null} tookMs={roundTripMs} />;
  if (now - timeOfId(probeId) > PROBE_LOST_MS) {
    const problem = 'The queue took a message a minute ago and has not delivered it.';
    return <Check ok={false} problem={problem} />;
  }
  const path = pathOfProbe(probeId);
  return (
    <span class="row" hx-get={path} hx-trigger="every 1s" hx-swap="outerHTML">
      <Badge tone="busy" word="Under way" />
      <span>The queue took a message.</span>
      <a href={path} data-without-script>
        Look whether it came back
      </a>
    </span>
  );
};
