/** Matroska files of a few elements. */

/** An element with this id (hexadecimal). */
export function element(id: string, ...parts: Buffer[]): Buffer {
  const data = Buffer.concat(parts);
  const size = Buffer.alloc(8);
  // A size of eight bytes.
  size.writeBigUInt64BE((1n << 56n) | BigInt(data.length));
  return Buffer.concat([Buffer.from(id, 'hex'), size, data]);
}

const bytes = (hex: string) => Buffer.from(hex, 'hex');

/** Version 4, and the type of the document. */
const EBML = element('1a45dfa3', bytes('4286810142f7810142f2810442f381084282847765626d4287810442858102'));
const INFO = element('1549a966', element('2ad7b1', bytes('0f4240')));
/** Two blocks, a second from each other. */
const CLUSTER = element(
  '1f43b675',
  element('e7', bytes('00')),
  element('a3', bytes('81000080aa')),
  element('a3', bytes('8103e880aa')),
);
/** An audio track (A_OPUS) in the fewest bytes. */
const TRACK = bytes('ae90d781018381028686415f4f505553e180');

/** A file with as many tracks as fit into these bytes, and its headers alone. */
export function matroskaOfTracks(trackBytes: number): { file: Buffer; header: Buffer } {
  const tracks = element('1654ae6b', Buffer.alloc(trackBytes - (trackBytes % TRACK.length), TRACK));
  return {
    file: Buffer.concat([EBML, element('18538067', INFO, tracks, CLUSTER)]),
    header: Buffer.concat([EBML, element('18538067', INFO, tracks)]),
  };
}
