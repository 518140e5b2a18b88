/** Turns the information of yt-dlp about a page into metadata. Pure. */
import { z } from 'zod';
import {
  METADATA_LIMITS,
  type Estimate,
  type SourceMetadata,
} from '../../../worker/contract/downloader/metadata.ts';
import type { Code } from '../../../worker/contract/codes.ts';
import { attempt } from '../../attempt.ts';
import { refuseLarge, refuseLong } from '../../hard-stops.ts';
import { JobFailure } from '../../job-failure.ts';
import { estimateSize, storesWhole } from '../files/estimate-size.ts';
import { isFetchable, toMediaFormat, type YtdlpFormat } from './media-formats.ts';
import { chooseFromInfo, originOf, refuseLive, titleOf, type Info, type PageWish } from './ytdlp-info.ts';

/** Title, duration and thumbnail, and who published it. */
export function toBasicMetadata(info: Info): SourceMetadata {
  const { sourceId, uploader } = originOf(info);
  return {
    title: titleOf(info).slice(0, METADATA_LIMITS.title),
    durationSeconds: info.duration && info.duration > 0 ? info.duration : null,
    thumbnail: thumbnailOf(info),
    uploader,
    sourceId,
    chapters: [],
    formats: [],
    estimate: null,
  };
}

/** Everything, with an estimate of what an import would take. */
export function toMetadata(info: Info, wish: PageWish): SourceMetadata {
  const usable = (info.formats ?? []).filter(isFetchable);
  const listed = usable.length > 0 || isBlocked(info) ? usable : soleFormat(info);
  const formats = listed
    .map((format) => toMediaFormat(format, nameOf(format)))
    .slice(-METADATA_LIMITS.formats);
  return { ...toBasicMetadata(info), chapters: chaptersOf(info), formats, estimate: estimateOf(info, wish) };
}

/** A page without a list may still have one file. */
function soleFormat(info: Info): readonly YtdlpFormat[] {
  return attempt(() => chooseFromInfo(info, { choice: {}, canMerge: true })).value?.usable ?? [];
}

function nameOf({ format_id: id }: YtdlpFormat): string {
  return (id ?? 'source').slice(0, METADATA_LIMITS.formatId);
}

const HttpUrl = z.url({ protocol: /^https?$/ }).max(METADATA_LIMITS.url);

function thumbnailOf(info: Info): string | null {
  return HttpUrl.safeParse(info['thumbnail']).data ?? null;
}

const Chapter = z.looseObject({
  title: z.string().nullish(),
  start_time: z.number().nonnegative(),
  end_time: z.number().nonnegative().nullish(),
});

/** Leaves out chapters without a start. */
function chaptersOf(info: Info): SourceMetadata['chapters'] {
  const { chapters } = info;
  const list = Array.isArray(chapters) ? chapters.slice(0, METADATA_LIMITS.chapters) : [];
  return list.flatMap((entry: unknown) => {
    const { data: chapter } = Chapter.safeParse(entry);
    if (!chapter) return [];
    const title = (chapter.title ?? '').slice(0, METADATA_LIMITS.chapterTitle);
    return [{ title, startSeconds: chapter.start_time, endSeconds: chapter.end_time ?? null }];
  });
}

function estimateOf(info: Info, wish: PageWish): Estimate {
  const { choice, limits, canMerge } = wish;
  const beforehand = attempt(() => {
    refuseBlocked(info);
    refuseLong(info.duration, limits);
  });
  const { value, failure } = attempt(() => chooseFromInfo(info, wish));
  if (!value) {
    const isUnmatched = choice.selector !== undefined && failure.code === 'no_media';
    const refusal = beforehand.failure ?? (isUnmatched ? { code: 'format_not_available' as const } : failure);
    return { formatIds: [], bytes: null, isExact: false, refusal };
  }
  const { chosen, usable } = value;
  const size = estimateSize(chosen, choice, info.duration ?? null);
  const afterwards = attempt(() => {
    if (chosen.length === 2 && !canMerge) throw new JobFailure('merger_unavailable');
    if (!storesWhole(chosen, choice) && !canMerge) throw new JobFailure('converter_unavailable');
    refuseLarge(size.bytes ?? 0, limits);
  });
  const formatIds = chosen.map(({ id }) => nameOf(usable[Number(id)] ?? {}));
  return { formatIds, ...size, refusal: beforehand.failure ?? afterwards.failure };
}

/** What `availability` of yt-dlp means for media that it lists no formats of. */
const AVAILABILITIES: Readonly<Record<string, Code>> = {
  private: 'private_media',
  subscriber_only: 'members_only',
  premium_only: 'members_only',
  needs_auth: 'login_required',
};

/** Throws JobFailure for live streams, and for media whose formats the site keeps back. */
function refuseBlocked(info: Info): void {
  refuseLive(info);
  if ((info.formats ?? []).some(isFetchable)) return;
  if (info['_has_drm'] === true) throw new JobFailure('drm_protected');
  const code = AVAILABILITIES[String(info['availability'])];
  if (code) throw new JobFailure(code);
}

function isBlocked(info: Info): boolean {
  return attempt(() => refuseBlocked(info)).failure !== null;
}
