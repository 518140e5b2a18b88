/** The readers of containers, and what recognizes files. */
import { readFlac } from '../../../downloader/media/containers/flac.ts';
import { readIsoBmff } from '../../../downloader/media/containers/iso-bmff.ts';
import { readMatroska } from '../../../downloader/media/containers/matroska.ts';
import { readAdts, readMp3 } from '../../../downloader/media/containers/mpeg-audio.ts';
import { readMpegTs } from '../../../downloader/media/containers/mpeg-ts.ts';
import { readOgg } from '../../../downloader/media/containers/ogg.ts';
import { readWav } from '../../../downloader/media/containers/wav.ts';
import { declaredSize, endsInFlvTag } from '../../../downloader/media/declared-size.ts';
import { readJpegSize } from '../../../downloader/media/pictures/jpeg-size.ts';
import { readPicture } from '../../../downloader/media/pictures/picture.ts';
import { readTiffSize } from '../../../downloader/media/pictures/tiff-size.ts';
import { sniff, SNIFF_BYTES } from '../../../downloader/media/sniff.ts';
import { MEDIA_NAMES, mediaBytes, type MediaName } from '../../support/media-files.ts';
import { mediaTools } from '../../support/media-tools.ts';
import { EBML, FRAMES, ISO, OGG, RIFF, TS } from '../formats.ts';
import { readerTarget, type Target } from '../target.ts';
import { OPAQUE } from '../tree.ts';

const { ffmpeg } = await mediaTools();

/** Short files, since most bytes of a longer one are media, which readers skip. */
const SECONDS = 0.6;

/** The files with these names, or whose names end so. */
function files(...endings: string[]): () => Promise<Buffer[]> {
  const names = MEDIA_NAMES.filter((name) => endings.some((ending) => name.endsWith(ending)));
  return async () => Promise.all(names.map(async (name) => bytesOf(name)));
}

async function bytesOf(name: MediaName): Promise<Buffer> {
  if (!ffmpeg) throw new Error('without ffmpeg there are no files to start from');
  return Buffer.from(await mediaBytes(ffmpeg, name, SECONDS));
}

export const MEDIA_TARGETS: readonly Target[] = [
  readerTarget({
    name: 'iso',
    format: ISO,
    corpus: files('start.mp4', 'end.mp4', 'fragmented.mp4', 'audio.m4a', '.mov'),
    read: readIsoBmff,
  }),
  readerTarget({
    name: 'iso-index',
    format: ISO,
    corpus: files('indexed.mp4'),
    read: readIsoBmff,
    isWhole: false,
  }),
  readerTarget({
    name: 'matroska',
    format: EBML,
    corpus: files('.mkv', '.webm'),
    read: readMatroska,
    isWhole: false,
  }),
  readerTarget({ name: 'ogg', format: OGG, corpus: files('.ogg', '.opus'), read: readOgg }),
  readerTarget({ name: 'flac', format: FRAMES, corpus: files('.flac'), read: readFlac }),
  readerTarget({ name: 'mp3', format: FRAMES, corpus: files('.mp3'), read: readMp3 }),
  readerTarget({ name: 'adts', format: FRAMES, corpus: files('.aac'), read: readAdts }),
  readerTarget({ name: 'mpeg-ts', format: TS, corpus: files('.ts'), read: readMpegTs }),
  readerTarget({ name: 'wav', format: RIFF, corpus: files('.wav'), read: readWav }),
  readerTarget({ name: 'jpeg', format: FRAMES, corpus: files('.jpg'), read: readJpegSize }),
  readerTarget({ name: 'tiff', format: OPAQUE, corpus: files('.tiff'), read: readTiffSize }),
  ...(['png', 'gif', 'bmp', 'webp'] as const).map((name) =>
    readerTarget({
      name,
      format: OPAQUE,
      corpus: files(`.${name}`),
      read: (reader) => readPicture(reader, name),
      isWhole: false,
    }),
  ),
  readerTarget({
    name: 'heif',
    format: ISO,
    corpus: files('.avif'),
    read: (reader) => readPicture(reader, 'avif'),
    isWhole: false,
  }),
  {
    name: 'sniff',
    format: OPAQUE,
    corpus: async () => {
      const heads = (await files('')()).map((bytes) => bytes.subarray(0, SNIFF_BYTES));
      const texts = [
        '<?xml version="1.0"?><!-- a --><svg/>',
        '#EXTM3U\n#EXTINF:1,\na.ts\n',
        '<!doctype html><p>',
      ];
      return [...heads, ...texts.map((text) => Buffer.from(text)), Buffer.from('\ufeff<MPD/>', 'utf16le')];
    },
    run: async (bytes) => {
      const { kind, extension, contentType } = await sniff(bytes);
      if (!kind || !extension || !contentType) throw new Error('a file of no type');
    },
  },
  {
    name: 'declared-size',
    format: OPAQUE,
    corpus: async () => (await files('.avi', '.wmv', '.flv')()).map((bytes) => bytes.subarray(0, 8192)),
    run: (bytes) => {
      for (const container of ['avi', 'aiff', 'asf']) {
        const size = declaredSize(container, bytes);
        if (size !== null && !(size >= 0)) throw new Error(`a size of ${size}`);
      }
      endsInFlvTag(bytes);
    },
  },
];
