/** Gets the file behind the URL of a job: directly, or through yt-dlp. */
import type { EgressAllow } from '../../worker/contract/address-policy.ts';
import type { Code } from '../../worker/contract/codes.ts';
import type { SourceReport } from '../../worker/contract/media.ts';
import type { JobContext } from '../job-context.ts';
import { JobFailure } from '../job-failure.ts';
import type { Tools } from '../process/tools.ts';
import { openDirect } from './direct/direct.ts';
import { needsOneConnection, type DirectDeps } from './direct/opened.ts';
import { localContent } from './files/local-content.ts';
import { fetchWithYtdlp } from './page/ytdlp.ts';
import type { Content } from '../content.ts';

/** Failures of yt-dlp that say less than the failure of the direct request. */
const UNSPECIFIC: ReadonlySet<Code> = new Set<Code>([
  'unsupported_url',
  'resolver_unavailable',
  'resolver_failed',
  'download_failed',
  'no_media',
  'source_not_found',
  'source_forbidden',
  'source_rejected',
  'source_unavailable',
  'source_unreachable',
]);

export interface ObtainDeps extends DirectDeps {
  tools: Tools;
  allow: EgressAllow;
}

/** Calls `onTaken` as soon as the way is chosen, so that a failure can name it. Throws JobFailure. */
export async function obtainContent(
  job: JobContext,
  deps: ObtainDeps,
  onTaken: (taken: SourceReport) => void,
): Promise<Content> {
  // Before the first request, so that its failure names a way too.
  const oneConnection = needsOneConnection(job) && ({ oneConnection: true } as const);
  onTaken({ way: 'direct', reason: 'The URL itself was read first.', ...oneConnection });
  const direct = await openDirect(job, deps);
  if (direct.kind === 'content') {
    onTaken(direct.content.taken);
    return reporting(direct.content, onTaken);
  }
  const taken = { way: 'ytdlp' as const, reason: direct.reason };
  onTaken(taken);
  leavePages(job);
  job.progress.stage = 'resolving';
  const file = await orOtherwise(job, direct.otherwise, () => fetchWithYtdlp(job, deps));
  const { title, origin, offered } = file;
  const reason = `${direct.reason} ${file.taken.reason}`.slice(0, 300);
  return localContent(job, { file, title, origin, offered, taken: { ...taken, reason } });
}

/** The same content, with a fallback that calls `onTaken`. */
function reporting(content: Content, onTaken: (taken: SourceReport) => void): Content {
  const { fallback } = content;
  if (!fallback) return content;
  return {
    ...content,
    fallback: (failure) => {
      const other = fallback(failure);
      if (other) onTaken(other.taken);
      return other;
    },
  };
}

/** Throws JobFailure `source_is_page` in a slot that leaves pages to others. */
export function leavePages({ command }: JobContext): void {
  if (command.kind !== 'store' && command.source.filesOnly) throw new JobFailure('source_is_page');
}

/** What yt-dlp returns. Its failure gives way to `otherwise`, that of the direct request, when this says more. */
export async function orOtherwise<T>(
  job: JobContext,
  otherwise: JobFailure | null,
  askYtdlp: () => Promise<T>,
): Promise<T> {
  try {
    return await askYtdlp();
  } catch (error) {
    job.signal.throwIfAborted();
    const isUnspecific = error instanceof JobFailure && UNSPECIFIC.has(error.failure.code);
    throw otherwise && isUnspecific ? otherwise : error;
  }
}
