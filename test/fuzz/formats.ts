/** Splits files of the usual formats into units, and joins units to files with right sizes. */
import { flat, leaf, type Format, type Unit } from './tree.ts';

const text = (...names: string[]) => new Set(names);

/** Boxes that hold boxes. */
const BOXES = text('moov', 'trak', 'mdia', 'minf', 'stbl', 'edts', 'mvex', 'moof', 'traf', 'dinf', 'udta');

function splitBoxes(bytes: Buffer): Unit[] {
  const units: Unit[] = [];
  let at = 0;
  while (at + 8 <= bytes.length) {
    const size = bytes.readUInt32BE(at);
    if (size < 8 || at + size > bytes.length) break;
    const tag = bytes.subarray(at + 4, at + 8);
    const data = bytes.subarray(at + 8, at + size);
    const children = BOXES.has(tag.toString('latin1')) ? splitBoxes(data) : null;
    units.push({ tag, data, children });
    at += size;
  }
  return units;
}

function joinBox({ tag, children, data }: Unit): Buffer {
  const body = children ? Buffer.concat(children.map(joinBox)) : data;
  const size = Buffer.alloc(4);
  size.writeUInt32BE(8 + body.length);
  return Buffer.concat([size, tag.length === 4 ? tag : Buffer.from('free'), body]);
}

const rootOf = (children: Unit[]): Unit => ({ ...leaf(Buffer.alloc(0)), children });

export const ISO: Format = {
  split: (bytes) => rootOf(splitBoxes(bytes)),
  join: ({ children }) => Buffer.concat((children ?? []).map(joinBox)),
};

/** Elements that hold elements: EBML, Segment, Info, Tracks, TrackEntry, Video, Audio, Cluster, BlockGroup. */
const MASTERS = text('1a45dfa3', '18538067', '1549a966', '1654ae6b', 'ae', 'e0', 'e1', '1f43b675', 'a0');

function splitElements(bytes: Buffer): Unit[] {
  const units: Unit[] = [];
  let at = 0;
  while (at < bytes.length) {
    const idBytes = Math.clz32(bytes[at] ?? 0) - 23;
    const sizeBytes = Math.clz32(bytes[at + idBytes] ?? 0) - 23;
    if (idBytes > 4 || sizeBytes > 8 || at + idBytes + sizeBytes > bytes.length) break;
    const coded = bytes.subarray(at + idBytes, at + idBytes + sizeBytes);
    const size = coded.reduce(
      (sum, byte, index) => sum * 256 + (index === 0 ? byte & (0xff >> sizeBytes) : byte),
      0,
    );
    const tag = bytes.subarray(at, at + idBytes);
    const start = at + idBytes + sizeBytes;
    const data = bytes.subarray(start, start + size);
    units.push({ tag, data, children: MASTERS.has(tag.toString('hex')) ? splitElements(data) : null });
    at = start + size;
  }
  return units;
}

function joinElement({ tag, children, data }: Unit): Buffer {
  const body = children ? Buffer.concat(children.map(joinElement)) : data;
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE((1n << 56n) | BigInt(body.length));
  return Buffer.concat([tag, size, body]);
}

export const EBML: Format = {
  split: (bytes) => rootOf(splitElements(bytes)),
  join: ({ children }) => Buffer.concat((children ?? []).map(joinElement)),
};

/** Cuts where `sizeAt` says that a unit ends; the rest is one unit. */
function cutBy(sizeAt: (bytes: Buffer, at: number) => number): (bytes: Buffer) => Buffer[] {
  return (bytes) => {
    const units: Buffer[] = [];
    let at = 0;
    while (at < bytes.length) {
      const size = sizeAt(bytes, at) || bytes.length - at;
      units.push(bytes.subarray(at, at + size));
      at += size;
    }
    return units;
  };
}

export const OGG = flat(
  cutBy((bytes, at) => {
    const next = bytes.indexOf('OggS', at + 4, 'latin1');
    return next < 0 ? 0 : next - at;
  }),
);
export const TS = flat(cutBy(() => 188));
/** The header, then chunks. */
export const RIFF = flat(
  cutBy((bytes, at) => {
    if (at === 0) return 12;
    return at + 8 <= bytes.length ? 8 + bytes.readUInt32LE(at + 4) : 0;
  }),
);
/** The first mark of a frame, segment or block is 0xff. */
export const FRAMES = flat(
  cutBy((bytes, at) => {
    const next = bytes.indexOf(0xff, at + 2);
    return next < 0 ? 0 : next - at;
  }),
);
/** Tags, words and what is between them. */
export const WORDS = flat((bytes) =>
  (bytes.toString('latin1').match(/<[^>]*>|[\w.-]+|[^\w<]/g) ?? []).map((part) =>
    Buffer.from(part, 'latin1'),
  ),
);

/** A value of JSON. The tag is its name in an object, `data` the text of a scalar, or the bracket of a list. */
function splitValue(value: unknown, name = ''): Unit {
  const tag = Buffer.from(name);
  if (typeof value !== 'object' || value === null) return leaf(Buffer.from(JSON.stringify(value)), tag);
  const children = Object.entries(value).map(([key, child]) => splitValue(child, key));
  return { tag, children, data: Buffer.from(Array.isArray(value) ? '[' : '{') };
}

function joinValue({ children, data }: Unit): unknown {
  if (!children) return scalarOf(data.toString());
  if (data.toString() === '[') return children.map(joinValue);
  return Object.fromEntries(children.map((child) => [child.tag.toString(), joinValue(child)]));
}

/** Text that is not JSON is a string. */
function scalarOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export const JSON_VALUES: Format = {
  split: (bytes) => splitValue(scalarOf(bytes.toString())),
  join: (root) => Buffer.from(JSON.stringify(joinValue(root))),
};
