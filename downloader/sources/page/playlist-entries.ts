/** The entries of a playlist in the information of yt-dlp, and those that a filter leaves. Pure. */
import { z } from 'zod';
import {
  PLAYLIST_LIMITS,
  type EntryFilter,
  type Playlist,
} from '../../../worker/contract/downloader/playlist.ts';
import { JobFailure } from '../../job-failure.ts';

/** yt-dlp appends internal data to some URLs, after this mark. */
const SMUGGLE_MARK = '#__youtubedl_smuggle=';

const Entry = z.looseObject({
  _type: z.string().nullish(),
  url: z.string().nullish(),
  webpage_url: z.string().nullish(),
  title: z.string().nullish(),
  timestamp: z.number().nullish(),
  upload_date: z.string().nullish(),
  entries: z.array(z.unknown()).nullish(),
});
type Entry = z.infer<typeof Entry>;

/** Parses the line that yt-dlp printed. Throws JobFailure `resolver_failed`, or `not_a_playlist` for a single item. */
export function selectEntries(line: string, filter: EntryFilter): Omit<Playlist, 'source'> {
  const list = parseList(line);
  const entries = flatten(list);
  const urls = entries.filter((entry) => matches(entry, filter)).flatMap((entry) => urlOf(entry) ?? []);
  return {
    title: list.title?.slice(0, PLAYLIST_LIMITS.title) ?? null,
    entriesFound: entries.length,
    urls: urls.slice(0, filter.maxEntries),
  };
}

function parseList(line: string): Entry {
  const parsed = Entry.safeParse(parseJson(line));
  if (!parsed.success) throw new JobFailure('resolver_failed');
  if (!parsed.data.entries) throw new JobFailure('not_a_playlist');
  return parsed.data;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/** A channel is a list of lists: one for each of its tabs. Without recursion, since a site decides how deep they are. */
function flatten(list: Entry): Entry[] {
  const found: Entry[] = [];
  const open: unknown[] = [...(list.entries ?? [])].toReversed();
  while (open.length > 0) {
    const { data: entry } = Entry.safeParse(open.pop());
    if (entry?.entries) open.push(...entry.entries.toReversed());
    else if (entry) found.push(entry);
  }
  return found;
}

function matches(entry: Entry, { title, uploadedFrom, uploadedTo }: EntryFilter): boolean {
  if (title !== undefined && !(entry.title ?? '').toLowerCase().includes(title.toLowerCase())) return false;
  if (uploadedFrom === undefined && uploadedTo === undefined) return true;
  const day = dayOf(entry);
  return day !== null && day >= (uploadedFrom ?? day) && day <= (uploadedTo ?? day);
}

/** `YYYY-MM-DD` in UTC; null when the list does not tell it. */
function dayOf({ upload_date: compact, timestamp }: Entry): string | null {
  if (compact && /^\d{8}$/.test(compact)) return compact.replace(/^(....)(..)(..)$/, '$1-$2-$3');
  const time = typeof timestamp === 'number' ? new Date(timestamp * 1000) : null;
  return time === null || Number.isNaN(time.getTime()) ? null : time.toISOString().slice(0, 10);
}

/** The URL of the page of an entry, or of its file. Null when an import could not read it. */
function urlOf({ _type: type, url, webpage_url: page }: Entry): string | null {
  const isReference = type === 'url' || type === 'url_transparent';
  const parsed = URL.parse((isReference ? url : (page ?? url))?.split(SMUGGLE_MARK, 1)[0] ?? '');
  const isHttp = parsed?.protocol === 'http:' || parsed?.protocol === 'https:';
  return parsed && isHttp && parsed.href.length <= PLAYLIST_LIMITS.url ? parsed.href : null;
}
