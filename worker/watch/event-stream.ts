/** One client that watches a job by Server-Sent Events. */
import { isTerminal } from '../contract/job.ts';
import type { Look, Watcher } from './job-watch.ts';
import { eventIdOf, eventText, KEEP_ALIVE, RETRY_LINE, toProgress } from './server-sent.ts';

/** A silent stream gets a comment this often, in milliseconds. */
const KEEP_ALIVE_MS = 15_000;
/** After this time the client has to connect again, in milliseconds. */
const LONGEST_MS = 10 * 60_000;

interface NewStream {
  keyId: string;
  /** `Last-Event-ID` of a client that connects again. */
  lastEventId: string | null;
  /** Called when the client has disconnected. */
  onGone: () => void;
  /** Unix milliseconds. */
  now?: () => number;
}

/**
 * `snapshot` at first, `progress` after each change, `end` at the end of the job. A client that connects again and has
 * missed nothing gets no snapshot. A client that reads slowly misses progress, which the next event makes up for.
 */
export class EventStream implements Watcher {
  readonly keyId: string;
  readonly readable: ReadableStream<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #now: () => number;
  readonly #openedMs: number;
  #knownId: string | null;
  #isNew = true;
  #writtenMs = 0;
  /** Writes that the client has not read yet. */
  #pending = 0;

  constructor({ keyId, lastEventId, onGone, now = () => Date.now() }: NewStream) {
    const { readable, writable } = new IdentityTransformStream();
    this.keyId = keyId;
    this.readable = readable;
    this.#writer = writable.getWriter();
    this.#writer.closed.catch(onGone);
    this.#knownId = lastEventId;
    this.#now = now;
    this.#openedMs = now();
    this.#write(RETRY_LINE);
  }

  see({ job, view, bytesPerSecond }: Look): boolean {
    const id = eventIdOf(job);
    const hasChanged = id !== this.#knownId;
    if (this.#isNew && hasChanged) this.#send('snapshot', id, view);
    if (isTerminal(job.status)) {
      this.#send('end', id, view);
      return this.#finish();
    }
    if (!this.#isNew && hasChanged && this.#pending === 0)
      this.#send('progress', id, toProgress(job, bytesPerSecond));
    this.#isNew = false;
    if (this.#now() - this.#writtenMs >= KEEP_ALIVE_MS) this.#write(KEEP_ALIVE);
    return this.#now() - this.#openedMs < LONGEST_MS || this.#finish();
  }

  close(): void {
    this.#writer.close().catch(() => undefined);
  }

  #finish(): false {
    this.close();
    return false;
  }

  #send(event: string, id: string, data: object): void {
    this.#knownId = id;
    this.#write(eventText({ id, event, data }));
  }

  #write(text: string): void {
    this.#writtenMs = this.#now();
    this.#pending += 1;
    this.#writer.write(new TextEncoder().encode(text)).then(
      () => {
        this.#pending -= 1;
      },
      () => undefined,
    );
  }
}
