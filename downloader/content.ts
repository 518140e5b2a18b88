/** A file on its way from a source to a storage: what sources produce, the media check inspects, and uploads read. */
import type { MediaFormat } from '../worker/contract/choice/media-format.ts';
import type { SourceReport } from '../worker/contract/media.ts';
import type { Origin } from '../worker/contract/downloader/report.ts';
import type { JobFailure } from './job-failure.ts';
import type { CheckedFacts } from './track-rates.ts';

/**
 * Takes the next bytes. `chunk` is valid only until the call returns: copy what is kept longer. A promise holds the
 * source back until it settles.
 */
export type OnChunk = (chunk: Uint8Array) => void | Promise<void>;

/** Memory for the next bytes; null when there is none now. */
export type Room = () => Buffer | null;

export interface ReadHints {
  /** Other connections read the source too, so a refusal of this one is thrown at once. */
  isExtra?: boolean;
  /** The source may put the next bytes here, in the order of the range, and then gives the same memory to `onChunk`. */
  room?: Room;
}

/** Lends memory of the size of a part to a source, which fills it before somebody reads. */
export interface PartLender {
  /** Null when there is no more. */
  lend: () => Buffer | null;
  /** The source neither reads nor writes it any more. */
  takeBack: (buffer: Buffer) => void;
}

/** Bytes by position. A read delivers its range in order. */
export interface ByteSource {
  /** Null when the size is known only at the end. */
  readonly sizeBytes: number | null;
  /** How many readers may read different ranges at the same time; 1 means in order from the start only. */
  readonly maxLanes: number;
  /** Whether the host of the source takes one more connection now. Absent where this does not matter. */
  hasRoom?(): boolean;
  /**
   * Begins to read the start of the source into this memory, in order. The first `read` from there delivers it. Absent for a source that
   * is at hand. The returned function gives the memory back and ends the connection, unless that `read` has done so.
   */
  readAhead?(lender: PartLender): () => void;
  /**
   * Delivers exactly the bytes of [start, end) in order; a null `end` means to the end of the source. Throws JobFailure
   * `source_*`, what `onChunk` throws, or the reason of `signal`. Does not write to the memory of `hints` after that.
   */
  read(
    start: number,
    end: number | null,
    onChunk: OnChunk,
    signal: AbortSignal,
    hints?: ReadHints,
  ): Promise<void>;
}

/** The verification of one pass over the bytes. */
export interface Inspection {
  /** Sees the bytes as they pass; null when the verification reads them elsewhere. */
  push: OnChunk | null;
  /** After the last byte. Throws JobFailure (`media_*`, `not_media`). */
  finish: () => Promise<CheckedFacts>;
}

/** A file that is ready to be uploaded. */
export interface Content {
  source: ByteSource;
  title: string;
  extension: string;
  contentType: string;
  /** What a site says about the item; absent for direct files. */
  origin?: Origin;
  taken: SourceReport;
  /** True for a file of the job's folder, whose bytes were counted when they came in. */
  isOnDisk?: true;
  /** The formats that a page offered; absent for one file. */
  offered?: readonly MediaFormat[];
  /** Starts the verification of one pass; a failed verification may abort the pass early. */
  inspect: (pass: AbortController) => Inspection;
  /** Its bytes are still coming in and being verified: nothing may read them before. Throws JobFailure, or the reason of the job's signal. */
  ready?: Promise<unknown>;
  /** The whole file, when it is in memory. Rejects when that fails. */
  received?: Promise<Uint8Array>;
  /** Frees its memory. Nothing reads it any more. */
  free?: () => void;
  /** Another way to read the same file after this failure of the source; null when there is none. */
  fallback?: (failure: JobFailure) => Content | null;
}
