/** The format lists of real sites, see format-lists/README.md. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isFetchable, toMediaFormat, YtdlpFormat } from '../../../downloader/sources/page/media-formats.ts';
import type { MediaFormat } from '../../../worker/contract/choice/media-format.ts';

const FOLDER = join(import.meta.dirname, 'format-lists');
/** Members of a format that are text. All others are numbers. */
const TEXTS = new Set(['format_id', 'ext', 'protocol', 'vcodec', 'acodec']);

export const SITES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.tsv'))
  .map((name) => name.replace('.tsv', ''));

/** As yt-dlp reports them. */
export function rawFormats(site: string): YtdlpFormat[] {
  const lines = readFileSync(join(FOLDER, `${site}.tsv`), 'utf8')
    .trim()
    .split('\n');
  const [names = [], ...rows] = lines.map((line) => line.split('\t'));
  return rows.map((row) => {
    const members = names.flatMap((name, column) => {
      const cell = row[column] ?? '-';
      return cell === '-' ? [] : [[name, TEXTS.has(name) ? cell : Number(cell)] as const];
    });
    return YtdlpFormat.parse(Object.fromEntries(members));
  });
}

/** As the choice sees them. */
export function formatsOf(site: string): MediaFormat[] {
  return rawFormats(site)
    .filter(isFetchable)
    .map((format) => toMediaFormat(format, format.format_id ?? ''));
}
