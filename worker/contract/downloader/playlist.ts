/** What an attempt finds out about a playlist. Imports zod only. */
import { z } from 'zod';
import { SourceReport } from '../media.ts';
import { toOneLine } from '../plain-text.ts';

/** Entries of one result, and the longest texts in characters. */
export const PLAYLIST_LIMITS = { entries: 1000, title: 1000, url: 2048 };

/** Which entries the Worker wants. Days are `YYYY-MM-DD`; both ends belong to the range. */
export const EntryFilter = z.strictObject({
  maxEntries: z.int().min(1).max(PLAYLIST_LIMITS.entries),
  /** Part of the title, in small or capital letters. */
  title: z.string().optional(),
  uploadedFrom: z.string().optional(),
  uploadedTo: z.string().optional(),
});
export type EntryFilter = z.infer<typeof EntryFilter>;

/** The result of a job that reads a playlist. Other members are ignored: a newer downloader may know more. */
export const Playlist = z.object({
  title: z.string().max(PLAYLIST_LIMITS.title).transform(toOneLine).nullable(),
  /** Entries that were read, also those that the filter left out. */
  entriesFound: z.int().min(0),
  /** URLs of the wanted entries in the order of the playlist. */
  urls: z.array(z.url({ protocol: /^https?$/ }).max(PLAYLIST_LIMITS.url)).max(PLAYLIST_LIMITS.entries),
  source: SourceReport,
});
export type Playlist = z.infer<typeof Playlist>;
