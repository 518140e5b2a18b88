/** Parses the information of yt-dlp about a page, and keeps what a download needs. */
import { z } from 'zod';
import type { JobLimits } from '../../../worker/contract/downloader/command.ts';
import { MAX_ORIGIN_CHARACTERS, type Origin } from '../../../worker/contract/downloader/report.ts';
import { JobFailure } from '../../job-failure.ts';

/** Ways of download that yt-dlp's own downloaders know and the proxy can carry. */
const PROTOCOLS = new Set(['http', 'https', 'm3u8', 'm3u8_native', 'http_dash_segments', 'ism']);

const Format = z.looseObject({
  format_id: z.string().optional(),
  protocol: z.string().optional(),
  filesize: z.number().nullish(),
  has_drm: z.union([z.boolean(), z.literal('maybe')]).nullish(),
});

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
  formats: z.array(Format).nullish(),
  requested_formats: z.array(Format).min(1).nullish(),
});
type Info = z.infer<typeof Info>;

const List = z.looseObject({ entries: z.array(z.unknown()) });

export interface Resolved {
  title: string;
  origin: Origin;
  extractor: string;
  /** One format with everything, or video and audio. */
  count: 1 | 2;
  /** True when the media comes in segments, which leave a file that is better repackaged. */
  isSegmented: boolean;
  /** What `--load-info-json` takes; the formats are called p0 and p1, since names of formats are part of its syntax. */
  infoJson: string;
}

/**
 * Parses the line that `--dump-single-json` printed. Throws JobFailure `no_media` when it holds none, and what speaks
 * against a download beforehand: `live_stream`, `not_started`, `source_too_long`, `source_too_large`, `drm_protected`.
 */
export function parseInfo(
  line: string,
  limits: Pick<JobLimits, 'maxBytes' | 'maxDurationSeconds'>,
): Resolved {
  const info = onlyItem(parseJson(line));
  const chosen = info.requested_formats ?? [singleFormat(info)];
  if (chosen.length > 2) throw new JobFailure('download_failed', 'more than two streams');
  refuseLive(info);
  refuseTooMuch(info, chosen, limits);
  for (const format of chosen) refuseFormat(format);
  const formats = chosen.map((format, index) => ({ ...format, format_id: `p${index}` }));
  return {
    title: (info.title ?? '').trim() || info.id,
    origin: originOf(info),
    extractor: /^[\w:.-]{1,60}$/.exec(info.extractor ?? '')?.[0] ?? 'an extractor',
    count: chosen.length === 2 ? 2 : 1,
    isSegmented: chosen.some(({ protocol }) => protocol !== 'http' && protocol !== 'https'),
    infoJson: JSON.stringify({ ...keep(info), formats }),
  };
}

/** Sites that name no uploader may still name a channel. */
function originOf({ id, uploader, channel }: Info): Origin {
  const publisher = (uploader ?? '').trim() || (channel ?? '').trim() || null;
  const sourceId = id.slice(0, MAX_ORIGIN_CHARACTERS);
  return { sourceId, uploader: publisher?.slice(0, MAX_ORIGIN_CHARACTERS) ?? null };
}

function refuseTooMuch(
  info: Info,
  chosen: readonly z.infer<typeof Format>[],
  limits: Pick<JobLimits, 'maxBytes' | 'maxDurationSeconds'>,
): void {
  const seconds = info.duration ?? 0;
  if (seconds > limits.maxDurationSeconds)
    throw new JobFailure('source_too_long', `${Math.round(seconds)} s`);
  const bytes = chosen.reduce((sum, { filesize }) => sum + (filesize ?? 0), 0);
  if (bytes > limits.maxBytes) throw new JobFailure('source_too_large', `${bytes} bytes`);
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

function refuseLive(info: Info): void {
  if (info.live_status === 'is_upcoming') throw new JobFailure('not_started');
  if (info.is_live || info.live_status === 'is_live') throw new JobFailure('live_stream');
}

function refuseFormat(format: z.infer<typeof Format>): void {
  if (format.has_drm === true) throw new JobFailure('drm_protected');
  const protocol = format.protocol ?? '';
  if (!PROTOCOLS.has(protocol)) throw new JobFailure('download_failed', `protocol ${protocol.slice(0, 40)}`);
}

/** yt-dlp copies the chosen format into the top level; without formats that is all there is. */
function singleFormat(info: Info): z.infer<typeof Format> {
  const chosen = info.formats?.find(({ format_id }) => format_id === info['format_id']);
  const format = Format.parse(chosen ?? pick(info, FORMAT_KEYS));
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
