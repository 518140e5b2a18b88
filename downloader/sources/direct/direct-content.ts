/** Turns the first answer of a direct file into a source for uploads: from memory, by ranges, or by one connection. */
import { toPublicFailure } from '../../../worker/contract/failure.ts';
import { SINGLE_PUT_MAX_BYTES } from '../../../worker/contract/downloader/upload-plan.ts';
import type { Content, OnChunk } from '../../content.ts';
import { freeMemory } from '../../free-memory.ts';
import { refuseLarge } from '../../hard-stops.ts';
import type { JobContext } from '../../job-context.ts';
import type { JobFailure } from '../../job-failure.ts';
import { checkMedia } from '../../media/check.ts';
import type { HeaderMemory } from '../../media/header-memory.ts';
import { memoryReader } from '../../media/reader.ts';
import type { HttpResponse } from '../http/http-get.ts';
import type { HttpSource } from '../http/http-source.ts';
import { frontBytes } from './front-boxes.ts';
import { contentOfFolder, passesFolder } from './direct-folder.ts';
import { inspectByRanges, inspectInOrder, needsOrder, type InspectTools } from './direct-inspection.ts';
import { memorySource } from './memory-source.ts';
import { describe, httpSource, needsOneConnection, takenBy, type DirectDeps, type Opened } from './opened.ts';

/**
 * The verified file in memory, a source that is verified while it is uploaded, or what was made of it in the job's folder.
 * Throws JobFailure.
 */
export async function contentOf(job: JobContext, deps: DirectDeps, opened: Opened): Promise<Content> {
  const { sniffed, first, sizeBytes } = opened;
  const { limits } = job.command;
  if (passesFolder(job, deps, opened)) return contentOfFolder(job, deps, opened);
  refuseLarge(sizeBytes ?? 0, limits);
  const memoryBytes = job.budget.childMemoryBytes;
  const { ffmpeg, confinement } = deps.tools;
  const tools: InspectTools = { limits, ffmpeg, confinement, memoryBytes, headers: headersOf(job) };
  if (sizeBytes !== null && sizeBytes <= SINGLE_PUT_MAX_BYTES) {
    const bytes = Buffer.allocUnsafeSlow(sizeBytes);
    return inMemory(job, opened, { bytes, tools, read: readInto(bytes, job, deps, opened) });
  }
  const small = sizeBytes === null ? await readUnsized(job, opened) : null;
  if (small) return inMemory(job, opened, { bytes: small, tools, read: Promise.resolve() });
  if (needsOneConnection(job)) {
    const how = ', read by one connection since an earlier attempt could not read it by ranges';
    return inOneConnection(job, deps, opened, { first, tools, how });
  }
  const source = httpSource(job, deps, opened, { first, inOrder: needsOrder(sniffed, opened.head) });
  if (source.maxLanes > 1) return inRanges(job, deps, opened, { source, tools });
  const inspect = inspectInOrder(sniffed, { ...tools, headers: headersInOrder(job) });
  return { ...describe(opened), source, taken: takenBy(opened, ', read in one stream'), inspect };
}

function headersOf({ budget: { headerGate: gate }, touch }: JobContext): HeaderMemory {
  return { gate, touch };
}

/**
 * Milliseconds that a check in order waits for memory. Its upload keeps a part buffer meanwhile, for which the upload of the check before it may
 * wait: a limit ends this.
 */
const IN_ORDER_WAIT_MS = 30_000;

function headersInOrder(job: JobContext): HeaderMemory {
  return { ...headersOf(job), maxWaitMs: IN_ORDER_WAIT_MS };
}

/** Bytes of the first answer that are kept for the check, at most. The index of an hour of film has about 4 MiB. */
const MAX_FRONT_BYTES = 4 * 1024 * 1024;

async function inRanges(
  job: JobContext,
  deps: DirectDeps,
  opened: Opened,
  { source, tools }: { source: HttpSource; tools: InspectTools },
): Promise<Content> {
  const fallback = ({ failure }: JobFailure): Content | null => {
    if (!failure.code.startsWith('source_') || FINAL.has(failure.code)) return null;
    const how = `, read by one connection since reading by ranges failed: ${toPublicFailure(failure).message}`;
    return inOneConnection(job, deps, opened, { first: null, tools, how });
  };
  const front = await readFront(job, opened);
  // The upload goes on while the check waits, so its source is not excused.
  const headers = { ...headersOf(job), touch: () => undefined };
  const inspect = inspectByRanges(source, front, opened.sniffed, { ...tools, headers });
  return { ...describe(opened), source, taken: takenBy(opened, ', read by ranges'), inspect, fallback };
}

/** The start of the file, with its index if that follows there: it is uploaded from the same answer, so it is read once. */
async function readFront({ progress }: JobContext, { first, head, sniffed }: Opened): Promise<Uint8Array> {
  const wantedBytes = INDEXED_BY_BOXES.has(sniffed.container) ? frontBytes(head, MAX_FRONT_BYTES) : 0;
  if (wantedBytes <= head.byteLength) return head;
  const { bytes } = await first.body.peek(wantedBytes, (heldBytes) => {
    progress.bytesDone = heldBytes;
  });
  return bytes;
}

const INDEXED_BY_BOXES: ReadonlySet<string> = new Set(['mp4', 'mov']);

/** Failures of a source that a plain GET would have as well. */
const FINAL: ReadonlySet<string> = new Set([
  'source_too_large',
  'source_too_long',
  'source_address_forbidden',
]);

/** Every server supports this: one GET, read from start to end. */
function inOneConnection(
  job: JobContext,
  deps: DirectDeps,
  opened: Opened,
  { first, tools, how }: { first: HttpResponse | null; tools: InspectTools; how: string },
): Content {
  const source = httpSource(job, deps, opened, { first, inOrder: true });
  const inspect = inspectInOrder(opened.sniffed, { ...tools, headers: headersInOrder(job) });
  const taken = { ...takenBy(opened, how), oneConnection: true as const };
  return { ...describe(opened), source, taken, inspect };
}

interface InMemory {
  /** The whole file, when `read` has resolved. */
  bytes: Uint8Array;
  read: Promise<void>;
  tools: InspectTools;
}

/** A file for one PUT: it is verified before it is sent, since nothing else makes the object visible later. */
function inMemory(job: JobContext, opened: Opened, { bytes, read, tools }: InMemory): Content {
  const { progress, signal } = job;
  const check = async () => {
    await read;
    progress.stage = 'verifying';
    return checkMedia(memoryReader(bytes), opened.sniffed, { ...tools, signal });
  };
  const facts = check();
  facts.catch(() => undefined);
  const received = read.then(() => bytes);
  received.catch(() => undefined);
  return {
    ...describe(opened),
    source: memorySource(bytes),
    taken: takenBy(opened, ''),
    inspect: () => ({ push: null, finish: () => facts }),
    ready: facts,
    received,
    free: () => freeMemory(bytes),
  };
}

function readInto(bytes: Buffer, job: JobContext, deps: DirectDeps, opened: Opened): Promise<void> {
  const source = httpSource(job, deps, opened, { first: opened.first, inOrder: true });
  return source.read(0, bytes.byteLength, copyInto(bytes, job), job.signal);
}

/** A file of unknown size when it is small enough for one PUT; null when it is larger. */
async function readUnsized(job: JobContext, { first }: Opened): Promise<Uint8Array | null> {
  const { bytes, ended } = await first.body.peek(SINGLE_PUT_MAX_BYTES + 1, (heldBytes) => {
    job.progress.bytesDone = heldBytes;
  });
  if (!ended || bytes.byteLength > SINGLE_PUT_MAX_BYTES) {
    first.body.forgetPeeked(bytes);
    return null;
  }
  refuseLarge(bytes.byteLength, job.command.limits);
  job.progress.bytesDone = bytes.byteLength;
  job.progress.bytesTotal = bytes.byteLength;
  return bytes;
}

function copyInto(target: Buffer, { progress }: JobContext): OnChunk {
  return (chunk) => {
    target.set(chunk, progress.bytesDone);
    progress.bytesDone += chunk.byteLength;
  };
}
