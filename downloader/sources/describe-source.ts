/** Describes the media behind the URL of a job without downloading it: by a few ranges of a file, or through yt-dlp. */
import type { Description } from '../../worker/contract/downloader/metadata.ts';
import type { SourceReport } from '../../worker/contract/media.ts';
import type { JobContext } from '../job-context.ts';
import { describeDirect } from './direct/describe-direct.ts';
import { leavePages, orOtherwise, type ObtainDeps } from './obtain-content.ts';
import { describePage } from './page/describe-page.ts';

/** Calls `onTaken` as soon as the way is chosen, so that a failure can name it. Throws JobFailure. */
export async function describeSource(
  job: JobContext,
  deps: ObtainDeps,
  onTaken: (taken: SourceReport) => void,
): Promise<Description> {
  onTaken({ way: 'direct', reason: 'The URL itself was read first.' });
  const direct = await describeDirect(job, deps);
  if (direct.kind === 'described') return direct.description;
  const taken = { way: 'ytdlp' as const, reason: direct.reason };
  onTaken(taken);
  leavePages(job);
  const { metadata, reason } = await orOtherwise(job, direct.otherwise, () => describePage(job, deps));
  return { metadata, source: { ...taken, reason: `${direct.reason} ${reason}`.slice(0, 300) } };
}
