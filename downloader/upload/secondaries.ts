/** The uploads to other destinations: they take the parts of the primary upload, and fall out when they fail or hold it up. */
import type { StoredPart, UploadPlan } from '../../worker/contract/downloader/upload-plan.ts';
import type { Failure } from '../../worker/contract/failure.ts';
import { JobFailure } from '../job-failure.ts';
import { createLag, hasLateParts } from './lag.ts';
import { createOutbox, type Outbox, type OutboxOptions } from './outbox.ts';
import type { Part } from './part.ts';

/** For how long the primary upload waits for another one, in milliseconds: some servers close a connection that is idle longer. */
const MAX_LAG_MS = 20_000;
/** Milliseconds between two looks. */
const LOOK_EVERY_MS = 100;

/** A destination that gets the same parts as the primary upload. */
export interface Secondary extends Pick<OutboxOptions, 'plan' | 'sign'> {
  /** Called once, when it falls out. */
  onFallOut: (failure: Failure) => void;
}

export interface SecondaryOptions extends Omit<OutboxOptions, 'plan' | 'sign' | 'onFailure'> {
  secondaries: Secondary[];
  primary: Outbox;
  /** Whether the source waits until a part buffer is free. */
  isHeldBack: () => boolean;
  /** See MAX_LAG_MS. */
  maxLagMs?: number;
}

/** The parts that a destination has taken. */
export interface SecondaryParts {
  plan: UploadPlan;
  parts: StoredPart[];
}

interface Member {
  plan: UploadPlan;
  outbox: Outbox;
  fallOut: (reason: unknown) => void;
  hasFallenOut: () => boolean;
  isTooLate: ReturnType<typeof createLag>;
}

export class SecondaryUploads {
  #options: SecondaryOptions;
  #members: Member[];
  #lookedAtMs = performance.now();
  #timer: NodeJS.Timeout;

  constructor(options: SecondaryOptions) {
    this.#options = options;
    this.#members = options.secondaries.map((secondary) => join(secondary, options));
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  /** Gives the part to the primary upload and to all that have not fallen out. */
  post(part: Part): void {
    this.#options.primary.post(part);
    for (const { outbox } of this.#alive()) outbox.post(part);
  }

  /** The destinations that have taken all parts. Call it after the last part; the clean-up is done when it returns. */
  async allSent(): Promise<SecondaryParts[]> {
    const sent = await Promise.all(this.#members.map(({ outbox }) => outbox.allSent()));
    clearInterval(this.#timer);
    return this.#members.flatMap(({ plan, hasFallenOut }, index) =>
      hasFallenOut() ? [] : [{ plan, parts: (sent[index] ?? []).map(({ stored }) => stored) }],
    );
  }

  #alive(): Member[] {
    return this.#members.filter(({ hasFallenOut }) => !hasFallenOut());
  }

  /** Counts the time in which the source, or the end of the upload, waits for each of these uploads. */
  #look(): void {
    const { isHeldBack, primary } = this.#options;
    const nowMs = performance.now();
    // While this process is busy itself, nobody can take anything.
    const passedMs = Math.min(nowMs - this.#lookedAtMs, 2 * LOOK_EVERY_MS);
    this.#lookedAtMs = nowMs;
    for (const { outbox, isTooLate, fallOut } of this.#alive()) {
      const isLate = isHeldBack() && hasLateParts(outbox.pending, primary.pending);
      if (isTooLate(isLate, passedMs))
        fallOut(new JobFailure('storage_unavailable', 'it is slower than the other destinations'));
    }
  }
}

function join({ plan, sign, onFallOut }: Secondary, options: SecondaryOptions): Member {
  const out = new AbortController();
  const { signal: pass, routeFor, onActivity, onSent, maxLagMs = MAX_LAG_MS } = options;
  const fallOut = (reason: unknown) => {
    // When the pass ends, the upload stays open for the next one.
    if (out.signal.aborted || pass.aborted) return;
    out.abort(reason);
    onFallOut(reason instanceof JobFailure ? reason.failure : { code: 'internal_error' });
  };
  const signal = AbortSignal.any([pass, out.signal]);
  const outbox = createOutbox({ plan, sign, signal, routeFor, onActivity, onSent, onFailure: fallOut });
  return { plan, outbox, fallOut, hasFallenOut: () => out.signal.aborted, isTooLate: createLag(maxLagMs) };
}
