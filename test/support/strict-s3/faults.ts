/** Faults that a test sets: a queue, matched by operation, each for a number of requests. */
import type { Operation } from './requests/request-record.ts';
import type { S3ErrorCode } from './s3-error.ts';

/** Kinds of faults. Like a front end, a fault that replaces the answer does not check the signature. */
export type FaultKind =
  /** A refusal with this code: SlowDown, RequestTimeout, AccessDenied, InternalError, ConditionalRequestConflict … */
  | { kind: 'error'; code: S3ErrorCode; retryAfterSeconds?: number }
  /** 501 for requests that have this header. */
  | { kind: 'refusesHeader'; header: string }
  /** 200, then white space, then an `<Error>`. Nothing is stored. */
  | { kind: 'errorInOk'; code: S3ErrorCode }
  /** The operation is done, and the connection is reset before the answer. */
  | { kind: 'lostAnswer' }
  /** The connection is reset after this many bytes of the body. */
  | { kind: 'reset'; afterBytes: number }
  /** The operation is done after this time, during which nothing is sent. */
  | { kind: 'slow'; delayMs: number }
  /** The request is read and never answered. */
  | { kind: 'silence' }
  /** A web page instead of S3. */
  | { kind: 'html'; status: number }
  /** A very long XML document. */
  | { kind: 'hugeXml'; sizeBytes: number }
  | { kind: 'redirect'; status: 301 | 302 | 307 | 308; location: string }
  /** The clock of the server differs by this much. A positive offset is ahead. */
  | { kind: 'skewedClock'; offsetMs: number };

export type Fault = FaultKind & {
  operation: Operation | 'any';
  /** Number of requests that have the fault. Default: 1. `Infinity` for all. */
  times?: number;
};

export class FaultQueue {
  #waiting: { fault: Fault; left: number }[] = [];

  /** Faults are taken in the order in which they were added. */
  add(fault: Fault): void {
    this.#waiting.push({ fault, left: fault.times ?? 1 });
  }

  /** Removes all faults. */
  clear(): void {
    this.#waiting = [];
  }

  /** Faults that have requests left. */
  get pending(): readonly Fault[] {
    return this.#waiting.map((entry) => entry.fault);
  }

  /** The fault of this request, or null. Counts the request. */
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
