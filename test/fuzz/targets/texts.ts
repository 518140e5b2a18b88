/** Readers of texts that sources, buckets and child processes write. */
import { readStreams } from '../../../downloader/media/ffmpeg-output.ts';
import { contentCoding } from '../../../downloader/net/content-coding.ts';
import { createLineReader } from '../../../downloader/process/line-reader.ts';
import { directTitle } from '../../../downloader/sources/direct/direct-title.ts';
import { parseContentRange } from '../../../downloader/sources/http/http-answer.ts';
import { mapYtdlpError } from '../../../downloader/sources/page/ytdlp-errors.ts';
import { failureOfStorageAnswer } from '../../../downloader/upload/storage-answer.ts';
import { workerRefusal } from '../../../downloader/worker-refusal.ts';
import { scrub } from '../../../worker/contract/scrub.ts';
import { toOneLine } from '../../../worker/contract/plain-text.ts';
import { parseXml, s3Error, textIn } from '../../../worker/storage/s3/error.ts';
import { WORDS } from '../formats.ts';
import type { Target } from '../target.ts';

/** Answers, errors and lines are cut at this size or before. */
const MAX_BYTES = 64 * 1024;

function textTarget(name: string, texts: readonly string[], run: (text: string) => void): Target {
  return {
    name,
    format: WORDS,
    mostBytes: MAX_BYTES,
    corpus: () => Promise.resolve(texts.map((text) => Buffer.from(text))),
    run: (bytes) => run(bytes.toString()),
  };
}

export const TEXT_TARGETS: readonly Target[] = [
  textTarget(
    's3-xml',
    [
      '<?xml version="1.0"?><Error><Code>NoSuchBucket</Code><Message>a &quot;b&quot; &#34;</Message><Region>eu-west-1</Region></Error>',
      '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><Error><Code>&c;</Code></Error>',
      '<InitiateMultipartUploadResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><UploadId>123</UploadId></InitiateMultipartUploadResult>',
      '<ListPartsResult><Part><PartNumber>1</PartNumber><ETag>"a"</ETag></Part></ListPartsResult><![CDATA[a]]><!-- b -->',
    ],
    (text) => {
      textIn(parseXml(text), 'Error', 'Code');
      for (const status of [200, 301, 403, 503]) s3Error(status, new Headers(), text);
      failureOfStorageAnswer(403, text);
    },
  ),
  textTarget(
    'worker-answer',
    ['{"success":false,"code":"stale","error":"a"}'],
    (text) => void workerRefusal(text),
  ),
  textTarget(
    'ytdlp-errors',
    [
      'ERROR: [generic] a: HTTP Error 403: Forbidden\n',
      'ERROR: Unsupported URL: https://a.example/?token=b\nWARNING: c\n',
    ],
    (text) => {
      mapYtdlpError(text, 'resolve');
      mapYtdlpError(text, 'download');
      toOneLine(scrub(text));
    },
  ),
  textTarget(
    'ffmpeg-output',
    [
      '  Duration: 00:01:02.50, start: 0.0\n  Stream #0:0: Video: h264 (High), yuv420p, 320x240 [SAR 1:1]\n  Stream #0:1: Audio: aac\nOutput #0',
    ],
    (text) => {
      readStreams(text);
      const lines = createLineReader(10_000_000, () => undefined);
      lines.push(text);
      lines.end();
    },
  ),
  textTarget(
    'http-fields',
    [
      'attachment; filename*=UTF-8\'\'a%20b.mp3; filename="c.mp3"',
      'bytes 0-99/100',
      'gzip, identity',
      'https://a.example/b%2Fc.mp4?d=e#f',
    ],
    (text) => {
      directTitle(URL.parse(text) ?? new URL('https://a.example/a'), text);
      parseContentRange(text);
      contentCoding(text);
    },
  ),
];
