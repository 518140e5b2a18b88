/** Parses single packets of a transport stream. Pure. */

export interface ProgramStream {
  pid: number;
  kind: 'video' | 'audio';
  codec: string;
}

/** By stream_type of the program map. */
const TYPES: Readonly<Record<number, readonly ['video' | 'audio', string]>> = {
  0x01: ['video', 'mpeg1video'],
  0x02: ['video', 'mpeg2video'],
  0x03: ['audio', 'mp3'],
  0x04: ['audio', 'mp3'],
  0x0f: ['audio', 'aac'],
  0x10: ['video', 'mpeg4'],
  0x11: ['audio', 'aac'],
  0x1b: ['video', 'avc'],
  0x24: ['video', 'hevc'],
  0x33: ['video', 'vvc'],
  0x80: ['video', 'mpeg2video'],
  0x81: ['audio', 'ac3'],
  0x87: ['audio', 'eac3'],
  0xea: ['video', 'vc1'],
};

/** Descriptor tags that identify private data (type 6). */
const DESCRIPTORS: Readonly<Record<number, string>> = { 0x6a: 'ac3', 0x7a: 'eac3', 0x7b: 'dts', 0x7c: 'aac' };

/** Maximum number of streams: a multiplex of twenty programs has fewer. */
const MAX_STREAMS = 100;

/** The audio and video streams of all programs whose map is in these packets. */
export function readProgram(packets: readonly Uint8Array[]): ProgramStream[] {
  const maps = new Set<number>();
  const streams = new Map<number, ProgramStream>();
  for (const packet of packets) {
    const section = sectionOf(packet);
    if (!section) continue;
    const pid = pidOf(packet);
    if (pid === 0 && section[0] === 0) for (const map of readMapPids(section)) maps.add(map);
    if (maps.has(pid) && section[0] === 2)
      for (const stream of readMap(section)) streams.set(stream.pid, stream);
  }
  return [...streams.values()].slice(0, MAX_STREAMS);
}

function readMapPids(section: Uint8Array): number[] {
  const pids: number[] = [];
  for (let at = 8; at + 4 <= sectionEnd(section); at += 4) {
    const program = word(section, at);
    if (program !== 0) pids.push(word(section, at + 2) & 0x1fff);
  }
  return pids;
}

function readMap(section: Uint8Array): ProgramStream[] {
  const streams: ProgramStream[] = [];
  let at = 12 + (word(section, 10) & 0x0fff);
  while (at + 5 <= sectionEnd(section)) {
    const pid = word(section, at + 1) & 0x1fff;
    const infoBytes = word(section, at + 3) & 0x0fff;
    const info = section.subarray(at + 5, at + 5 + infoBytes);
    const known = TYPES[section[at] ?? 0] ?? (section[at] === 6 ? privateType(info) : undefined);
    if (known) streams.push({ pid, kind: known[0], codec: known[1] });
    at += 5 + infoBytes;
  }
  return streams;
}

function privateType(info: Uint8Array): readonly ['audio', string] | undefined {
  for (let at = 0; at + 2 <= info.length; at += 2 + (info[at + 1] ?? 0)) {
    const codec = DESCRIPTORS[info[at] ?? 0];
    if (codec) return ['audio', codec];
    const isOpus = info[at] === 5 && Buffer.from(info.subarray(at + 2, at + 6)).toString('latin1') === 'Opus';
    if (isOpus) return ['audio', 'opus'];
  }
  return undefined;
}

/** Every PTS of one stream, in the order of the packets. Scrambled packets have none that can be read. */
export function readPts(packets: readonly Uint8Array[], pid: number): number[] {
  const times: number[] = [];
  for (const packet of packets) {
    if (pidOf(packet) !== pid || !startsUnit(packet) || ((packet[3] ?? 0) & 0xc0) !== 0) continue;
    const pes = packet.subarray(payloadStart(packet));
    if (pes.length < 14 || pes[0] !== 0 || pes[1] !== 0 || pes[2] !== 1 || ((pes[7] ?? 0) & 0x80) === 0)
      continue;
    const [b0 = 0, b1 = 0, b2 = 0, b3 = 0, b4 = 0] = pes.subarray(9, 14);
    times.push(((b0 >> 1) & 7) * 2 ** 30 + (b1 << 22) + ((b2 >> 1) << 15) + (b3 << 7) + (b4 >> 1));
  }
  return times;
}

function pidOf(packet: Uint8Array): number {
  return word(packet, 1) & 0x1fff;
}

function startsUnit(packet: Uint8Array): boolean {
  return packet[0] === 0x47 && ((packet[1] ?? 0) & 0x40) !== 0;
}

/** The offset after the adaptation field, or the end of a packet without payload. */
function payloadStart(packet: Uint8Array): number {
  const control = ((packet[3] ?? 0) >> 4) & 3;
  if (control === 1) return 4;
  return control === 3 ? 5 + (packet[4] ?? 0) : packet.length;
}

/** The table section that starts in a packet, up to the end of the packet. In practice, maps fit in one packet. */
function sectionOf(packet: Uint8Array): Uint8Array | null {
  if (!startsUnit(packet)) return null;
  const payload = packet.subarray(payloadStart(packet));
  const section = payload.subarray(1 + (payload[0] ?? 0));
  return section.length >= 12 ? section : null;
}

function sectionEnd(section: Uint8Array): number {
  return Math.min(section.length, 3 + (word(section, 1) & 0x0fff) - 4);
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
}
