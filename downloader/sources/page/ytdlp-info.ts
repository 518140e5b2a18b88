/** Parses the information of yt-dlp about a page, and keeps what a download needs. */
import { z } from 'zod';
import { chooseFormats } from '../../../worker/contract/choice/choose-formats.ts';
import type { MediaChoice } from '../../../worker/contract/choice/media-choice.ts';
import type { MediaFormat } from '../../../worker/contract/choice/media-format.ts';
import type { JobLimits } from '../../../worker/contract/downloader/command.ts';
import { MAX_ORIGIN_CHARACTERS, type Origin } from '../../../worker/contract/downloader/report.ts';
import { refuseLarge, refuseLong } from '../../hard-stops.ts';
import { JobFailure } from '../../job-failure.ts';
import { storesWhole } from '../files/estimate-size.ts';
import { isFetchable, toMediaFormat, YtdlpFormat } from './media-formats.ts';

const Info = z.looseObject({
  id: z.string(),
  title: z.string().nullish(),
  extractor: z.string().optional(),
  duration: z.number().nullish(),
  uploader: z.string().nullish(),
  channel: z.string().nullish(),
  is_live: z.boolean().nullish(),
  live_status: z.string().nullish(),
  url: z.string().nullish(),
  format_id: z.string().nullish(),
  formats: z.array(YtdlpFormat).nullish(),
  requested_formats: z.array(YtdlpFormat).min(1).nullish(),
});
export type Info = z.infer<typeof Info>;

const List = z.looseObject({ entries: z.array(z.unknown()) });

export interface Resolved {
  title: string;
  origin: Origin;
  extractor: string;
  /** The formats that can be downloaded, in the order of the site, and those that are downloaded: one, or video and audio. */
  offered: readonly MediaFormat[];
  chosen: readonly MediaFormat[];
  /** True when the media comes in segments, which leave a file that is better repackaged. */
  isSegmented: boolean;
  /** What `--load-info-json` takes; the formats are called p0 and p1, since names of formats are part of its syntax. */
  infoJson: string;
}

export interface PageWish {
  choice: MediaChoice;
  limits: Pick<JobLimits, 'maxBytes' | 'maxDurationSeconds' | 'stops'>;
  /** False without ffmpeg. */
  canMerge: boolean;
}

/**
 * Parses the line that `--dump-single-json` printed, and chooses the formats. Throws JobFailure `no_media`,
 * `no_video_track` or `no_audio_track` when it holds none, and what speaks against a download beforehand: `live_stream`,
 * `not_started`, `drm_protected`, and the limits of the service and of the request.
 */
export function parseInfo(line: string, wish: PageWish): Resolved {
  const info = readInfo(line);
  refuseLive(info);
  refuseLong(info.duration, wish.limits);
  const { usable, offered, chosen } = chooseFromInfo(info, wish);
  refuseTooMuch(chosen, wish);
  const formats = chosen.map(({ id }, index) => ({ ...usable[Number(id)], format_id: `p${index}` }));
  return {
    title: titleOf(info),
    origin: originOf(info),
    extractor: extractorOf(info),
    offered,
    chosen,
    isSegmented: chosen.some(({ isSegmented }) => isSegmented),
    infoJson: JSON.stringify({ ...keep(info), formats }),
  };
}

/** The item that a page is about. Throws JobFailure `resolver_failed`, or `no_media` for an empty list. */
export function readInfo(line: string): Info {
  return onlyItem(parseJson(line));
}

/** Formats as yt-dlp and as we list them, and those that the choice takes. Throws JobFailure when there are none. */
export function chooseFromInfo(info: Info, { choice, canMerge }: Pick<PageWish, 'choice' | 'canMerge'>) {
  const listed = listedFormats(info, choice);
  const usable = listed.filter(isFetchable);
  if (usable.length === 0) refuseAll(listed);
  // The index is the id, since names of formats need not be unique.
  const offered = usable.map((format, index) => toMediaFormat(format, String(index)));
  const result = chooseFormats(offered, choice, canMerge);
  if (result.kind === 'refused') throw new JobFailure(result.code);
  return { usable, offered, chosen: result.formats };
}

export function titleOf({ title, id }: Info): string {
  return (title ?? '').trim() || id;
}

/** The name of the extractor, for a sentence. */
export function extractorOf({ extractor }: Info): string {
  return /^[\w:.-]{1,60}$/.exec(extractor ?? '')?.[0] ?? 'an extractor';
}

/** All formats; those that yt-dlp selected when the request has a selector, which only yt-dlp understands. */
function listedFormats(info: Info, { selector }: MediaChoice): YtdlpFormat[] {
  if (selector === undefined) return info.formats?.length ? info.formats : [singleFormat(info)];
  const selected = info.requested_formats ?? [singleFormat(info)];
  if (selected.length > 2) throw new JobFailure('format_not_available', 'it selects more than two formats');
  return selected;
}

/** Sites that name no uploader may still name a channel. */
export function originOf({ id, uploader, channel }: Info): Origin {
  const publisher = (uploader ?? '').trim() || (channel ?? '').trim() || null;
  const sourceId = id.slice(0, MAX_ORIGIN_CHARACTERS);
  return { sourceId, uploader: publisher?.slice(0, MAX_ORIGIN_CHARACTERS) ?? null };
}

/** The limit of the request is on the stored file, which is smaller when a track is left out or converted. */
function refuseTooMuch(chosen: readonly MediaFormat[], { choice, limits }: PageWish): void {
  const bytes = chosen.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0);
  refuseLarge(bytes, storesWhole(chosen, choice) ? limits : { maxBytes: limits.maxBytes });
}

/** For a page with several videos, the first one is imported. */
function onlyItem(answer: unknown): Info {
  const list = List.safeParse(answer);
  const item = list.success ? list.data.entries.find((entry) => entry !== null) : answer;
  if (list.success && item === undefined) throw new JobFailure('no_media');
  const info = Info.safeParse(item);
  if (!info.success) throw new JobFailure('resolver_failed', 'unknown form of answer');
  return info.data;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new JobFailure('resolver_failed', 'no JSON', { cause: error });
  }
}

/** Throws JobFailure `not_started` or `live_stream`. */
export function refuseLive(info: Info): void {
  if (info.live_status === 'is_upcoming') throw new JobFailure('not_started');
  if (info.is_live || info.live_status === 'is_live') throw new JobFailure('live_stream');
}

/** None of these formats can be downloaded. */
function refuseAll(formats: readonly YtdlpFormat[]): never {
  if (formats.some(({ has_drm }) => has_drm === true)) throw new JobFailure('drm_protected');
  const protocol = formats.at(-1)?.protocol ?? '';
  throw new JobFailure('download_failed', `protocol ${protocol.slice(0, 40)}`);
}

/** yt-dlp copies the chosen format into the top level; without formats that is all there is. */
function singleFormat(info: Info): YtdlpFormat {
  const chosen = info.formats?.find(({ format_id }) => format_id === info.format_id);
  const { data: format } = YtdlpFormat.safeParse(chosen ?? pick(info, FORMAT_KEYS));
  if (!format) throw new JobFailure('resolver_failed', 'unknown form of a format');
  if (typeof format['url'] !== 'string' && !format['fragments']) throw new JobFailure('no_media');
  return format;
}

/** Fields of the top level that describe a format. */
const FORMAT_KEYS = [
  'url',
  'ext',
  'protocol',
  'format_id',
  'http_headers',
  'manifest_url',
  'fragments',
  'fragment_base_url',
  'vcodec',
  'acodec',
  'width',
  'height',
  'fps',
  'tbr',
  'vbr',
  'abr',
  'filesize',
  'has_drm',
  'hls_aes',
  'extra_param_to_segment_url',
  'extra_param_to_key_url',
  'downloader_options',
];

/** What a download needs beside the formats. */
const INFO_KEYS = [
  'id',
  'title',
  'extractor',
  'extractor_key',
  'webpage_url',
  'original_url',
  'duration',
  'http_headers',
];

function keep(info: Info): Record<string, unknown> {
  return { ...pick(info, INFO_KEYS), _type: 'video', id: 'media', title: 'media', is_live: false };
}

function pick(info: Info, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    keys.flatMap((key) => (info[key] === null || info[key] === undefined ? [] : [[key, info[key]]])),
  );
}
