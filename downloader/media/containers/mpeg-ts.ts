/** Reads MPEG transport streams (ISO/IEC 13818-1): the streams by the program map, the time by the first and last PTS. */
import { JobFailure } from '../../job-failure.ts';
import { TAIL_BYTES, type OrderedReader } from '../reader.ts';
import { readProgram, readPts, type ProgramStream } from './mpeg-ts-packets.ts';

/** Plain, with a time code in front (M2TS), with error correction behind. */
const PACKET_SIZES = [188, 192, 204];
/** A PTS counts 90,000 a second in 33 bits. */
const PTS_WRAP = 2 ** 33;

export interface TransportStream {
  streams: ProgramStream[];
  durationSeconds: number;
  /** Whole packets of the first MiB, 188 bytes each, for the reader of tracks. */
  head: Uint8Array;
}

/** Throws `media_truncated` when the last packet is not whole, `media_unreadable` without a program or times. */
export async function readMpegTs(reader: OrderedReader): Promise<TransportStream> {
  const first = await reader.read(0, TAIL_BYTES);
  const grid = findGrid(first);
  if (!grid) throw new JobFailure('media_unreadable');
  const head = packetsOf(first, grid.phase, grid.packetBytes);
  const streams = readProgram(head);
  const size = await reader.sizeBytes();
  if ((size - grid.phase) % grid.packetBytes > grid.packetBytes - 188 + 4)
    throw new JobFailure('media_truncated');
  const last = await reader.tail();
  const into = (size - last.length - grid.phase) % grid.packetBytes;
  const tail = packetsOf(last, into > 0 ? grid.packetBytes - into : -into, grid.packetBytes);
  const durationSeconds = Math.max(0, ...streams.map(({ pid }) => span(head, tail, pid)));
  if (durationSeconds === 0) throw new JobFailure('media_unreadable');
  return { streams, durationSeconds, head: Buffer.concat(head) };
}

function span(head: readonly Uint8Array[], tail: readonly Uint8Array[], pid: number): number {
  const starts = readPts(head, pid);
  const ends = readPts(tail, pid);
  const [first] = starts;
  if (first === undefined || ends.length === 0) return 0;
  const ticks = Math.max(
    ...ends.map((pts) => (pts - first + PTS_WRAP) % PTS_WRAP).filter((pts) => pts < PTS_WRAP / 2),
  );
  return Number.isFinite(ticks) ? ticks / 90_000 : 0;
}

/** The size of packets and where the first sync byte is: 0x47 in eight packets running, or in all there are. */
function findGrid(bytes: Uint8Array): { packetBytes: number; phase: number } | null {
  for (const packetBytes of PACKET_SIZES) {
    for (let phase = 0; phase < packetBytes; phase += 1) {
      const syncs = Math.min(8, Math.floor((bytes.length - phase) / packetBytes));
      const hits = Array.from({ length: syncs }, (_, index) => bytes[phase + index * packetBytes] === 0x47);
      if (hits.length > 0 && hits.every(Boolean)) return { packetBytes, phase };
    }
  }
  return null;
}

function packetsOf(bytes: Uint8Array, phase: number, packetBytes: number): Uint8Array[] {
  const packets: Uint8Array[] = [];
  for (let at = Math.max(0, phase); at + 188 <= bytes.length; at += packetBytes) {
    packets.push(bytes.subarray(at, at + 188));
  }
  return packets;
}
