/** The library in the thread of the parsers. It may refuse anything, but not need a second or much memory. */
import { readIsoBmff } from '../../../downloader/media/containers/iso-bmff.ts';
import { readMatroska } from '../../../downloader/media/containers/matroska.ts';
import { readMpegTs } from '../../../downloader/media/containers/mpeg-ts.ts';
import { memoryReader, orderedReader } from '../../../downloader/media/reader.ts';
import { readTracks } from '../../../downloader/media/read-tracks.ts';
import { EBML, ISO, TS } from '../formats.ts';
import type { Target } from '../target.ts';
import { MEDIA_TARGETS } from './media.ts';

const corpusOf = (name: string): Target['corpus'] => {
  const target = MEDIA_TARGETS.find((one) => one.name === name);
  if (!target) throw new Error(`no target ${name}`);
  return target.corpus;
};

const readerOf = (bytes: Buffer) => orderedReader(memoryReader(bytes));

/** Runs it, and ignores that the input is refused. */
async function attempt(task: () => unknown): Promise<void> {
  try {
    await task();
  } catch {
    // Damaged.
  }
}

// The messages of the library about damage.
for (const method of ['debug', 'error', 'info', 'warn'] as const) console[method] = () => {};

export const LIBRARY_TARGETS: readonly Target[] = [
  {
    name: 'tracks-iso',
    format: ISO,
    corpus: corpusOf('iso'),
    run: (bytes) => attempt(async () => readTracks((await readIsoBmff(readerOf(bytes))).header)),
  },
  {
    name: 'tracks-matroska',
    format: EBML,
    corpus: corpusOf('matroska'),
    run: (bytes) => attempt(async () => readTracks((await readMatroska(readerOf(bytes))).header)),
  },
  {
    name: 'tracks-ts',
    format: TS,
    corpus: corpusOf('mpeg-ts'),
    run: (bytes) => attempt(async () => readTracks((await readMpegTs(readerOf(bytes))).head)),
  },
];
