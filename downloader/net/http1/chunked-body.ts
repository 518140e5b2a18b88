/** Takes the bytes of a body out of the chunked transfer coding (RFC 9112 §7.1). */
import { refuse } from './answer-head.ts';

/** Characters of a line between chunks: a size with its extensions, or a trailer. */
const MAX_LINE_CHARACTERS = 4096;
/** Lines after the last chunk. */
const MAX_TRAILERS = 100;
const SIZE = /^([\da-f]{1,12})(?:[ \t;].*)?$/i;

type State = 'size' | 'data' | 'end of data' | 'trailer' | 'complete';

/** One body. Give it the bytes of the connection in order. */
export class ChunkedBody {
  #state: State = 'size';
  #line = '';
  #restBytes = 0;
  #trailers = 0;

  get isComplete(): boolean {
    return this.#state === 'complete';
  }

  /**
   * Takes bytes from the start of `bytes`: up to the end of a piece of the body, or of a line. Returns their number, and
   * the piece. Throws HTTPParserError.
   */
  take(bytes: Buffer): { usedBytes: number; piece: Buffer | null } {
    if (this.#state !== 'data') return { usedBytes: this.#takeLine(bytes), piece: null };
    const piece = bytes.subarray(0, this.#restBytes);
    this.#restBytes -= piece.byteLength;
    if (this.#restBytes === 0) this.#state = 'end of data';
    return { usedBytes: piece.byteLength, piece };
  }

  #takeLine(bytes: Buffer): number {
    const end = bytes.indexOf('\n');
    const usedBytes = end === -1 ? bytes.byteLength : end + 1;
    this.#line += bytes.toString('latin1', 0, usedBytes);
    if (this.#line.length > MAX_LINE_CHARACTERS) refuse('a line between chunks is too long');
    if (end === -1) return usedBytes;
    if (!this.#line.endsWith('\r\n')) refuse('a line does not end with CR LF');
    const line = this.#line.slice(0, -2);
    this.#line = '';
    this.#endLine(line);
    return usedBytes;
  }

  #endLine(line: string): void {
    if (this.#state === 'size') {
      const [, digits] = SIZE.exec(line) ?? refuse('the size of a chunk');
      this.#restBytes = Number.parseInt(digits ?? '', 16);
      this.#state = this.#restBytes === 0 ? 'trailer' : 'data';
    } else if (this.#state === 'end of data') {
      if (line !== '') refuse('a chunk is longer than its size');
      this.#state = 'size';
    } else if (line === '') this.#state = 'complete';
    else if (++this.#trailers > MAX_TRAILERS) refuse('too many trailers');
  }
}
