/** What an import was asked for, what it stored, and why they differ. */
import { mediaChoiceFields, type MediaChoiceFields } from '../contract/api/media-choice.ts';
import type { ImportViewOf } from '../contract/api/import-view.ts';
import type { MediaFacts, TrackRates } from '../contract/media.ts';
import type { ArtifactRow, JobRow } from '../db/rows.ts';

const UNKNOWN: TrackRates = { framesPerSecond: null, videoBitsPerSecond: null, audioBitsPerSecond: null };

/** The members of a completed import about its choice. */
export function toChoice(
  { request }: JobRow,
  { details, sizeBytes }: ArtifactRow,
  { durationSeconds, ...facts }: MediaFacts,
): Pick<ImportViewOf<'completed'>, 'requested' | 'actual' | 'differences'> {
  const { rates = UNKNOWN, differences = [] } = details ?? {};
  const bitsPerSecond =
    durationSeconds && sizeBytes ? Math.max(1, Math.round((sizeBytes * 8) / durationSeconds)) : null;
  return { requested: choiceFieldsOf(request), actual: { ...facts, ...rates, bitsPerSecond }, differences };
}

function choiceFieldsOf(request: MediaChoiceFields): MediaChoiceFields {
  const asked = Object.keys(mediaChoiceFields).filter((name) => Object.hasOwn(request, name));
  return Object.fromEntries(asked.map((name) => [name, request[name as keyof MediaChoiceFields]]));
}
