/** Reads from the headers of a file what its tracks are, with mediabunny. It gets no path and no URL. Runs in the thread of the parsers. */
import { BufferSource, Input, MATROSKA, MP4, MPEG_TS, QTFF, WEBM } from 'mediabunny';

/** Without HLS: a playlist would make the library open the files that it names. */
const FORMATS = [MP4, QTFF, MATROSKA, WEBM, MPEG_TS];

/** Maximum number of tracks of each kind that are read. Films in many languages have about fifty. */
const MAX_TRACKS = 64;

export interface Track {
  /** As the file numbers it. */
  id: number;
  kind: 'video' | 'audio';
  codec: string;
  width: number | null;
  height: number | null;
}

/** The video and audio tracks. Throws what mediabunny throws at damage. */
export async function readTracks(header: Uint8Array): Promise<Track[]> {
  using input = new Input({ formats: FORMATS, source: new BufferSource(header) });
  const tracks: Track[] = [];
  for (const track of (await input.getVideoTracks()).slice(0, MAX_TRACKS)) {
    const [width, height] = [await track.getDisplayWidth(), await track.getDisplayHeight()].map(Math.round);
    const codec = (await track.getCodec()) ?? 'unknown';
    tracks.push({ id: track.id, kind: 'video', codec, width: width || null, height: height || null });
  }
  for (const track of (await input.getAudioTracks()).slice(0, MAX_TRACKS)) {
    const codec = (await track.getCodec()) ?? 'unknown';
    tracks.push({ id: track.id, kind: 'audio', codec, width: null, height: null });
  }
  return tracks;
}
