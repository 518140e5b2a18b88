import type { EntryFilter, Playlist } from '../../../worker/contract/downloader/playlist.ts';
import type { JobContext } from '../../job-context.ts';
import { dumpPage } from './dump-page.ts';
import { selectEntries } from './playlist-entries.ts';
import { playlistArgs } from './ytdlp-args.ts';
import type { YtdlpDeps } from './ytdlp.ts';

/** Reads the list of a playlist, a channel or a feed without reading its entries. Throws JobFailure, also `not_a_playlist`. */
export async function readPlaylist(job: JobContext, filter: EntryFilter, deps: YtdlpDeps): Promise<Playlist> {
  job.progress.stage = 'resolving';
  const entries = selectEntries(await dumpPage(job, deps, playlistArgs), filter);
  return { ...entries, source: { way: 'ytdlp', reason: 'yt-dlp read the list of its entries.' } };
}
