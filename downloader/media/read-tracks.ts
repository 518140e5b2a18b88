/** Reads tracks with mediabunny, from memory alone: it never sees a path or a URL. Runs in the parsers' thread. */
import {
  CustomSource,
  EncodedPacketSink,
  Input,
  MATROSKA,
  MP4,
  MPEG_TS,
  QTFF,
  WEBM,
  type InputAudioTrack,
  type InputTrack,
  type InputVideoTrack,
} from 'mediabunny';
import { sparseFile, type SparseFile } from './sparse-file.ts';
import { CutShort } from './cut-short.ts';

/** HLS is not among them: a playlist would make the library open what it names. */
const FORMATS = [MP4, QTFF, MATROSKA, WEBM, MPEG_TS];

/** What is looked at: the first and last packet with their bytes, only their times, or only the headers. */
export type TrackDepth = 'packets' | 'times' | 'headers';

export interface Track {
  kind: 'video' | 'audio';
  codec: string;
  width: number | null;
  height: number | null;
  /** Time of the first and the end of the last packet, in seconds; null at depth `headers`. */
  span: { startSeconds: number; endSeconds: number } | null;
}

/** The audio and video tracks that hold packets. Throws `CutShort`, or what mediabunny throws at damage. */
export async function readTracks(file: SparseFile, depth: TrackDepth): Promise<Track[]> {
  const reader = sparseFile(file.pieces, file.sizeBytes);
  using input = new Input({
    formats: FORMATS,
    source: new CustomSource({
      getSize: () => reader.sizeBytes,
      read: (start, end) => reader.read(start, end),
    }),
  });
  const videos = await input.getVideoTracks();
  const audios = await input.getAudioTracks();
  const read = [
    ...videos.map((track) => readVideo(track, depth)),
    ...audios.map((track) => readAudio(track, depth)),
  ];
  return (await Promise.all(read)).filter((track) => track !== null);
}

async function readVideo(track: InputVideoTrack, depth: TrackDepth): Promise<Track | null> {
  const span = depth === 'headers' ? null : await readSpan(track, depth === 'times');
  if (depth !== 'headers' && !span) return null;
  const [width, height] = [await track.getDisplayWidth(), await track.getDisplayHeight()].map(Math.round);
  return { kind: 'video', codec: await codecOf(track), width: width || null, height: height || null, span };
}

async function readAudio(track: InputAudioTrack, depth: TrackDepth): Promise<Track | null> {
  const span = depth === 'headers' ? null : await readSpan(track, depth === 'times');
  if (depth !== 'headers' && !span) return null;
  return { kind: 'audio', codec: await codecOf(track), width: null, height: null, span };
}

async function codecOf(track: InputTrack): Promise<string> {
  return (await track.getCodec()) ?? 'unknown';
}

/** Null for a track without packets. Samples of sparse files are zeros; only where they lie is looked at. */
async function readSpan(track: InputTrack, metadataOnly: boolean): Promise<Track['span']> {
  const sink = new EncodedPacketSink(track);
  const first = await sink.getFirstPacket({ metadataOnly: true });
  if (!first) return null;
  const last = await sink.getPacket(Infinity, { metadataOnly });
  if (!last) throw new CutShort();
  return { startSeconds: first.timestamp, endSeconds: last.timestamp + last.duration };
}
