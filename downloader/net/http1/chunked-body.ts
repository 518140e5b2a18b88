/** Takes the bytes of a body out of the chunked transfer coding (RFC 9112 §7.1). */
import { refuse } from './answer-head.ts';

/** Characters of a line between chunks: a size with its extensions, or a trailer. */
const MAX_LINE_CHARACTERS = 4096;
/** Lines after the last chunk. */
const MAX_TRAILERS = 100;
/** Bytes of the longest piece that is moved. To deliver a longer one on its own costs less. */
const MOVED_BYTES = 4096;
const [CR, LF] = [13, 10];
const SIZE = /^([\da-f]{1,12})(?:[ \t;].*)?$/i;

type State = 'size' | 'data' | 'end of data' | 'trailer' | 'complete';

/** One body. Give it the bytes of the connection in order, in memory that it may change. */
export class ChunkedBody {
  #state: State = 'size';
  #line = '';
  #restBytes = 0;
  #trailers = 0;

  get isComplete(): boolean {
    return this.#state === 'complete';
  }

  /**
   * Takes bytes from the start of `bytes`: all, or up to a long piece of the body behind other pieces. Returns their number, and the pieces
   * as one: short ones are moved together, since a server may send each byte in a chunk of its own. Throws HTTPParserError,
   * after it has returned what came before.
   */
  take(bytes: Buffer): { usedBytes: number; piece: Buffer | null } {
    let position = 0;
    let start = 0;
    let end = 0;
    while (position < bytes.byteLength && this.#state !== 'complete') {
      if (this.#state !== 'data') {
        const lineBytes = this.#takeLine(bytes, position, end > start);
        if (lineBytes === 0) break;
        position += lineBytes;
        continue;
      }
      const sizeBytes = Math.min(this.#restBytes, bytes.byteLength - position);
      if (start === end) [start, end] = [position, position];
      else if (sizeBytes > MOVED_BYTES) break;
      move(bytes, { from: position, to: end, sizeBytes });
      position += sizeBytes;
      end += sizeBytes;
      this.#restBytes -= sizeBytes;
      if (this.#restBytes === 0) this.#state = 'end of data';
    }
    return { usedBytes: position, piece: start === end ? null : bytes.subarray(start, end) };
  }

  /** Returns the number of bytes; 0 for a bad line if `isBehindPiece`: it is taken again with the next call, and then throws. */
  #takeLine(bytes: Buffer, position: number, isBehindPiece: boolean): number {
    const shortBytes = this.#line === '' ? this.#takeShortLine(bytes, position) : 0;
    if (shortBytes > 0) return shortBytes;
    const newline = bytes.indexOf('\n', position);
    const end = newline === -1 ? bytes.byteLength : newline + 1;
    const before = this.#line;
    try {
      this.#addToLine(bytes.toString('latin1', position, end), newline !== -1);
    } catch (error) {
      if (!isBehindPiece) throw error;
      this.#line = before;
      return 0;
    }
    return end - position;
  }

  /** The usual lines between chunks, without a text for each: a size in at most seven digits, or the empty line behind a chunk. */
  #takeShortLine(bytes: Buffer, position: number): number {
    let at = position;
    let sizeBytes = 0;
    if (this.#state === 'size')
      for (let digit = digitAt(bytes, at); digit >= 0 && at < position + 7; digit = digitAt(bytes, at)) {
        sizeBytes = sizeBytes * 16 + digit;
        at += 1;
      }
    const hasDigits = at > position;
    if (bytes[at] !== CR || bytes[at + 1] !== LF) return 0;
    if (hasDigits) this.#begin(sizeBytes);
    else if (this.#state === 'end of data') this.#state = 'size';
    else return 0;
    return at + 2 - position;
  }

  #addToLine(text: string, isEnd: boolean): void {
    this.#line += text;
    if (this.#line.length > MAX_LINE_CHARACTERS) refuse('a line between chunks is too long');
    if (!isEnd) return;
    if (!this.#line.endsWith('\r\n')) refuse('a line does not end with CR LF');
    this.#endLine(this.#line.slice(0, -2));
    this.#line = '';
  }

  #begin(sizeBytes: number): void {
    this.#restBytes = sizeBytes;
    this.#state = sizeBytes === 0 ? 'trailer' : 'data';
  }

  #endLine(line: string): void {
    if (this.#state === 'size') {
      const [, digits] = SIZE.exec(line) ?? refuse('the size of a chunk');
      this.#begin(Number.parseInt(digits ?? '', 16));
    } else if (this.#state === 'end of data') {
      if (line !== '') refuse('a chunk is longer than its size');
      this.#state = 'size';
    } else if (line === '') this.#state = 'complete';
    else if (++this.#trailers > MAX_TRAILERS) refuse('too many trailers');
  }
}

/** The value of a hexadecimal digit; -1 for any other byte, and behind the end. */
function digitAt(bytes: Buffer, at: number): number {
  const code = bytes[at] ?? 0;
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  // Lower case.
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** A call costs more than to move a few bytes. */
const LOOP_BYTES = 32;

function move(bytes: Buffer, { from, to, sizeBytes }: { from: number; to: number; sizeBytes: number }): void {
  if (from === to) return;
  if (sizeBytes > LOOP_BYTES) bytes.copyWithin(to, from, from + sizeBytes);
  else for (let index = 0; index < sizeBytes; index += 1) bytes[to + index] = bytes[from + index] ?? 0;
}
