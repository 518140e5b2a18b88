/** Faults that a test programs: a queue, matched by operation, each for a number of requests. */
import type { Operation } from './request-record.ts';
import type { S3ErrorCode } from './s3-error.ts';

/** What goes wrong. Those before the check of the signature need no valid one, as in a front end. */
export type FaultKind =
  /** A refusal by code: SlowDown, RequestTimeout, AccessDenied, InternalError, ConditionalRequestConflict … */
  | { kind: 'error'; code: S3ErrorCode; retryAfterSeconds?: number }
  /** 501, only when the request carries this header. */
  | { kind: 'refusesHeader'; header: string }
  /** 200, white space to keep the connection, then an `<Error>`; nothing is done. */
  | { kind: 'errorInOk'; code: S3ErrorCode }
  /** Everything is done, and the connection is cut before the answer. */
  | { kind: 'lostAnswer' }
  /** The connection is reset after so many bytes of the body. */
  | { kind: 'reset'; afterBytes: number }
  /** The request is carried out, after this time without a byte. */
  | { kind: 'slow'; delayMs: number }
  /** The request is read, and no byte ever comes back. */
  | { kind: 'silence' }
  /** A web page instead of S3. */
  | { kind: 'html'; status: number }
  /** XML without an end in sight. */
  | { kind: 'hugeXml'; sizeBytes: number }
  | { kind: 'redirect'; status: 301 | 302 | 307 | 308; location: string }
  /** The server's clock is off by this much, plus is ahead. */
  | { kind: 'skewedClock'; offsetMs: number };

export type Fault = FaultKind & {
  operation: Operation | 'any';
  /** Requests that it hits; one when left out. `Infinity` for good. */
  times?: number;
};

export class FaultQueue {
  #waiting: { fault: Fault; left: number }[] = [];

  /** Faults are taken in the order in which they were added. */
  add(fault: Fault): void {
    this.#waiting.push({ fault, left: fault.times ?? 1 });
  }

  /** Nothing goes wrong any more. */
  clear(): void {
    this.#waiting = [];
  }

  /** Faults that have not hit as often as they should. */
  get pending(): readonly Fault[] {
    return this.#waiting.map((entry) => entry.fault);
  }

  /** The fault of this request, if any; it is used up by this call. */
  take(operation: Operation, headers: ReadonlyMap<string, string>): Fault | null {
    const entry = this.#waiting.find(
      ({ fault }) =>
        (fault.operation === 'any' || fault.operation === operation) &&
        (fault.kind !== 'refusesHeader' || headers.has(fault.header)),
    );
    if (!entry) return null;
    entry.left -= 1;
    if (entry.left <= 0) this.#waiting = this.#waiting.filter((other) => other !== entry);
    return entry.fault;
  }
}
