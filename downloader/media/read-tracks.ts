/** Reads tracks with mediabunny, from memory only: it gets no path and no URL. Runs in the thread of the parsers. */
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

/** Without HLS: a playlist would make the library open the files that it names. */
const FORMATS = [MP4, QTFF, MATROSKA, WEBM, MPEG_TS];

/** What is read: times and position of the last packet, only times, or only the headers. */
export type TrackDepth = 'packets' | 'times' | 'headers';

/** Maximum number of tracks of each kind that are read. Films in many languages have about fifty. */
const MAX_TRACKS = 64;
/** Largest packet whose position is checked, in bytes: the library allocates all of it. */
const MAX_PACKET_BYTES = 1024 * 1024;

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
  using input = new Input({ formats: FORMATS, source: boundedSource(file) });
  const videos = (await input.getVideoTracks()).slice(0, MAX_TRACKS);
  const audios = (await input.getAudioTracks()).slice(0, MAX_TRACKS);
  const tracks: (Track | null)[] = [];
  // One after the other, so that memory for one packet is enough.
  for (const track of videos) tracks.push(await readVideo(track, depth));
  for (const track of audios) tracks.push(await readAudio(track, depth));
  return tracks.filter((track) => track !== null);
}

/** Sizes in a file can claim gigabytes. No read is longer than the kept headers, or than one packet. */
function boundedSource({ pieces, sizeBytes }: SparseFile): CustomSource {
  const reader = sparseFile(pieces, sizeBytes);
  const maxReadBytes = Math.max(MAX_PACKET_BYTES, ...pieces.map(({ bytes }) => bytes.length));
  return new CustomSource({
    getSize: () => sizeBytes,
    read: (start, end) => {
      if (end - start > maxReadBytes) throw new Error('a read of more than the headers');
      return reader.read(start, end);
    },
  });
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

/** Null for a track without packets. Samples of sparse files are zeros; only the position of the last one is checked. */
async function readSpan(track: InputTrack, timesOnly: boolean): Promise<Track['span']> {
  const sink = new EncodedPacketSink(track);
  const first = await sink.getFirstPacket({ metadataOnly: true });
  if (!first) return null;
  const last = await sink.getPacket(Infinity, { metadataOnly: true });
  if (!last) throw new CutShort();
  const isSmall = last.byteLength <= MAX_PACKET_BYTES;
  if (!timesOnly && isSmall && !(await sink.getPacket(Infinity))) throw new CutShort();
  return { startSeconds: first.timestamp, endSeconds: last.timestamp + last.duration };
}
