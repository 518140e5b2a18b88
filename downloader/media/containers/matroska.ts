/** Reads the elements of Matroska and WebM in order (RFC 9559), keeping the headers and the times of blocks. */
import { JobFailure } from '../../job-failure.ts';
import { setImmediate } from 'node:timers/promises';
import type { OrderedReader } from '../reader.ts';
import { blockTime, element, ID, numberIn, type Element } from './ebml.ts';

/** Maximum number of elements: twelve hours with 60 frames and 50 audio blocks per second have 4,752,000. */
const MAX_ELEMENTS = 8_000_000;
/** Bytes of header elements that are kept of one file: tracks with their codecs' own headers have a few KiB each. */
const MAX_KEPT_BYTES = 1024 * 1024;

interface Walk {
  count: number;
  kept: Uint8Array[];
  info: Uint8Array | null;
  hasTracks: boolean;
  /** Times in units of the TimestampScale. */
  clusterTime: number;
  firstTime: number | null;
  lastTime: number;
  lastCluster: Element | null;
}

export interface MatroskaFile {
  /** The headers alone, for the reader of tracks. */
  header: Uint8Array;
  /** From the first cluster to the last block, in seconds. */
  realSeconds: number;
  /** The duration in the header, in seconds, else null. */
  promisedSeconds: number | null;
}

/** Throws `media_truncated` when an element lies beyond the end, `media_unreadable` without tracks or blocks. */
export async function readMatroska(reader: OrderedReader): Promise<MatroskaFile> {
  const { walk, segment, end } = await beginWalk(reader, false);
  if (walk.lastCluster) await walkCluster(reader, walk.lastCluster, walk);
  if ((segment.end ?? end) > (await reader.sizeBytes())) throw new JobFailure('media_truncated');
  if (!walk.hasTracks || walk.firstTime === null || walk.lastTime < 0)
    throw new JobFailure('media_unreadable');
  const realSeconds = ((walk.lastTime - walk.firstTime) * scaleNsOf(walk)) / 1e9;
  return { header: Buffer.concat(walk.kept), realSeconds, promisedSeconds: promisedSeconds(walk) };
}

function scaleNsOf({ info }: Walk): number {
  return numberIn(info, ID.timestampScale) ?? 1_000_000;
}

function promisedSeconds(walk: Walk): number | null {
  const promised = numberIn(walk.info, ID.duration);
  return promised && promised > 0 ? (promised * scaleNsOf(walk)) / 1e9 : null;
}

async function beginWalk(reader: OrderedReader, stopsAtCluster: boolean) {
  const head = await element(reader, 0);
  const segment = head && head.id === ID.ebml && head.end ? await element(reader, head.end) : null;
  if (!head?.end || segment?.id !== ID.segment) throw new JobFailure('media_unreadable');
  const walk: Walk = {
    count: 0,
    kept: [],
    info: null,
    hasTracks: false,
    clusterTime: 0,
    firstTime: null,
    lastTime: -1,
    lastCluster: null,
  };
  await keep(reader, head, walk);
  walk.kept.push(UNBOUNDED_SEGMENT);
  const end = await walkSegment(reader, segment, walk, stopsAtCluster);
  return { walk, segment, end };
}

/** The headers before the first cluster, without a check of what follows. Throws `media_unreadable` without tracks. */
export async function readMatroskaHead(
  reader: OrderedReader,
): Promise<Pick<MatroskaFile, 'header' | 'promisedSeconds'>> {
  const { walk } = await beginWalk(reader, true);
  if (!walk.hasTracks) throw new JobFailure('media_unreadable');
  return { header: Buffer.concat(walk.kept), promisedSeconds: promisedSeconds(walk) };
}

/** A segment of unknown size, so that what follows is read until the end. */
const UNBOUNDED_SEGMENT = Uint8Array.of(0x18, 0x53, 0x80, 0x67, 0x01, 255, 255, 255, 255, 255, 255, 255);

/** Returns the end of the last element. */
async function walkSegment(
  reader: OrderedReader,
  segment: Element,
  walk: Walk,
  stopsAtCluster: boolean,
): Promise<number> {
  let offset = segment.dataStart;
  while (offset < (segment.end ?? Infinity)) {
    const child = await next(reader, offset, walk);
    if (!child || child.id === ID.ebml || child.id === ID.segment) break;
    if (child.id === ID.cluster && stopsAtCluster) break;
    if (child.id === ID.cluster) offset = await passCluster(reader, child, walk);
    else offset = await passHeader(reader, child, walk);
  }
  return offset;
}

async function next(reader: OrderedReader, offset: number, walk: Walk): Promise<Element | null> {
  walk.count += 1;
  // Many tiny elements must not block the event loop.
  if (walk.count % 1000 === 0) await setImmediate();
  if (walk.count > MAX_ELEMENTS) throw new JobFailure('media_unreadable', 'too many elements');
  return element(reader, offset);
}

/** Reads a cluster now, or in a seekable file only when it is the last one. */
async function passCluster(reader: OrderedReader, cluster: Element, walk: Walk): Promise<number> {
  if (cluster.end && reader.seekable && walk.firstTime !== null) {
    if (cluster.end <= (await reader.sizeBytes())) walk.lastCluster = cluster;
    return cluster.end;
  }
  return walkCluster(reader, cluster, walk);
}

/** Returns the end of the cluster, or of its last element when its size is unknown. */
async function walkCluster(reader: OrderedReader, cluster: Element, walk: Walk): Promise<number> {
  let offset = cluster.dataStart;
  let end = offset;
  while (offset < (cluster.end ?? Infinity)) {
    const child = await next(reader, offset, walk);
    if (!child || (!cluster.end && ID.topLevel.has(child.id))) break;
    if (!child.end) throw new JobFailure('media_unreadable');
    await lookAt(reader, child, walk);
    // The first child of a group is the block.
    offset = child.id === ID.blockGroup ? child.dataStart : child.end;
    end = Math.max(end, child.end);
  }
  return cluster.end ?? end;
}

async function lookAt(reader: OrderedReader, child: Element, walk: Walk): Promise<void> {
  if (child.id === ID.timestamp) {
    const bytes = await reader.read(child.dataStart, Math.min(8, (child.end ?? 0) - child.dataStart));
    walk.clusterTime = bytes.reduce((value, byte) => value * 256 + byte, 0);
    walk.firstTime ??= walk.clusterTime;
  } else if (child.id === ID.simpleBlock || child.id === ID.block) {
    const relative = blockTime(await reader.read(child.dataStart, 12));
    if (relative !== null) walk.lastTime = Math.max(walk.lastTime, walk.clusterTime + relative);
  }
}

/** Keeps the first element of each kind. */
async function passHeader(reader: OrderedReader, child: Element, walk: Walk): Promise<number> {
  if (!child.end) throw new JobFailure('media_unreadable');
  if (child.id === ID.info && !walk.info) walk.info = await keep(reader, child, walk);
  if (child.id === ID.tracks && !walk.hasTracks) {
    await keep(reader, child, walk);
    walk.hasTracks = true;
  }
  return child.end;
}

async function keep(reader: OrderedReader, header: Element, walk: Walk): Promise<Uint8Array> {
  const bytes = (header.end ?? Infinity) - header.start;
  const keptBytes = walk.kept.reduce((sum, { length }) => sum + length, 0);
  if (keptBytes + bytes > MAX_KEPT_BYTES)
    throw new JobFailure('media_unreadable', 'its headers are too large');
  const read = await reader.read(header.start, bytes);
  if (read.length < bytes) throw new JobFailure('media_truncated');
  walk.kept.push(read);
  return read;
}
