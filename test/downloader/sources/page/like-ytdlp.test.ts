import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import {
  isFetchable,
  toMediaFormat,
  YtdlpFormat,
} from '../../../../downloader/sources/page/media-formats.ts';
import { chooseFormats } from '../../../../worker/contract/choice/choose-formats.ts';
import { rawFormats, SITES } from '../../../contract/choice/lists.ts';
import { mediaTools } from '../../../support/media-tools.ts';

const { python, ytdlpDirectory } = await mediaTools();

/** Selectors of yt-dlp that mean what a choice means, with the fields that it sorts by first. */
const SELECTIONS = [
  { format: 'bv*+ba/b/bv*/ba', sort: [], choice: {}, canMerge: true },
  { format: 'b/bv*+ba/bv*/ba', sort: [], choice: {}, canMerge: false },
  { format: 'ba/b', sort: [], choice: { includeVideo: false }, canMerge: true },
  { format: 'bv*+ba/b/bv*/ba', sort: ['res:480'], choice: { videoQuality: 480 }, canMerge: true },
  { format: 'bv*+ba/b/bv*/ba', sort: ['res:720'], choice: { videoQuality: 720 }, canMerge: true },
] as const;

/** Selects by the Python library, for every site and selection in one process. */
const PROGRAM = `
import json, sys
sys.path.insert(0, sys.argv[1])
from yt_dlp import YoutubeDL
asked = json.load(sys.stdin)
answers = []
for selection in asked['selections']:
    options = {'quiet': True, 'no_warnings': True, 'simulate': True, 'format': selection['format'], 'format_sort': selection['sort']}
    with YoutubeDL(options) as ydl:
        for formats in asked['lists']:
            info = {'id': 'x', 'title': 'x', 'extractor': 'x', 'extractor_key': 'X', 'webpage_url': 'http://127.0.0.1/', 'formats': json.loads(json.dumps(formats))}
            result = ydl.process_ie_result(info, download=False)
            answers.append({'picked': result['format_id'], 'formats': ydl.sanitize_info(result)['formats']})
print(json.dumps(answers))
`;

interface Answer {
  picked: string;
  formats: unknown[];
}

function askYtdlp(): Answer[] {
  const lists = SITES.map((site) =>
    rawFormats(site).map((format) => ({ ...format, url: `http://127.0.0.1/${format.format_id}` })),
  );
  const selections = SELECTIONS.map(({ format, sort }) => ({ format, sort }));
  const input = JSON.stringify({ lists, selections });
  const printed = execFileSync(python ?? '', ['-I', '-c', PROGRAM, ytdlpDirectory ?? ''], { input });
  return JSON.parse(printed.toString()) as Answer[];
}

describe.skipIf(!python || !ytdlpDirectory)('beside yt-dlp', () => {
  const answers = python && ytdlpDirectory ? askYtdlp() : [];

  it.each(
    SELECTIONS.flatMap((selection, round) => SITES.map((site, index) => ({ selection, round, site, index }))),
  )(
    'the formats of $site for $selection.choice are those of "$selection.format" $selection.sort',
    ({ selection, round, index }) => {
      const { picked, formats } = answers[round * SITES.length + index]!;
      const offered = YtdlpFormat.array()
        .parse(formats)
        .filter(isFetchable)
        .map((format) => toMediaFormat(format, format.format_id ?? ''));
      const result = chooseFormats(offered, selection.choice, selection.canMerge);
      expect(result.kind === 'chosen' && result.formats.map(({ id }) => id).join('+')).toBe(picked);
    },
  );
});
