/** The real bindings of the test runtime in a Ctx whose clock, dice, doorbell and downloader the test holds. */
import { env } from 'cloudflare:workers';
import { parseConfig } from '../../../worker/config.ts';
import type { Ctx } from '../../../worker/context.ts';
import { connect } from '../../../worker/db/client.ts';
import type { DeliveryKey } from '../../../worker/db/rows.ts';
import { createWatches } from '../../../worker/watch/watches.ts';
import { uuidV7 } from '../../../worker/ids.ts';
import type { Log } from '../../../worker/contract/log.ts';
import type { RateCounting } from '../../../worker/contract/rates.ts';
import { fakeDownloader, type FakeDownloader } from './fake-downloader.ts';

export interface TestClock {
  now: () => number;
  advance: (ms: number) => void;
}

/** `rings` are the delays in seconds of the messages sent so far, `lines` the events logged. */
export interface TestCtx extends Ctx {
  clock: TestClock;
  downloader: FakeDownloader;
  rings: number[];
  /** The deliveries of webhooks that were woken, with the delays in seconds. */
  wakes: (DeliveryKey & { delaySeconds: number })[];
  /** When all work in the background is done. */
  settled: () => Promise<void>;
  lines: { level: 'info' | 'error'; event: string; facts: Record<string, unknown> }[];
}

/** A clock that stands still until it is told to move; starts at the real time. */
function makeClock(startMs = Date.now()): TestClock {
  let nowMs = startMs;
  return {
    now: () => nowMs,
    advance: (ms) => {
      nowMs += ms;
    },
  };
}

/**
 * Ring is recorded, not sent: the real queue would start the Worker's own consumer, which claims the same rows.
 * Pass `doorbell: env.DOORBELL` for the real one.
 */
export function makeCtx(overrides: Partial<Ctx> = {}): TestCtx {
  const clock = makeClock();
  const rings: number[] = [];
  const wakes: TestCtx['wakes'] = [];
  const lines: TestCtx['lines'] = [];
  const pending: Promise<void>[] = [];
  const ctx: TestCtx = {
    config: parseConfig(env),
    db: connect(env.DB),
    database: 0,
    ofDatabase: (database: number) => (database === 0 ? ctx : null),
    media: env.MEDIA,
    doorbell: recordingQueue(rings),
    webhooks: recordingWebhooks(wakes),
    downloader: fakeDownloader(),
    rateCounter: (workspaceId) => env.RATE_COUNTER.getByName(workspaceId) as unknown as RateCounting,
    watches: createWatches(env.WATCH),
    fetch: (input, init) => fetch(input, init),
    now: clock.now,
    newId: () => uuidV7(clock.now()),
    random: () => 0.5,
    log: recordingLog(lines),
    mail: null,
    analytics: null,
    background: (work) => void pending.push(work),
    settled: async () => void (await Promise.all(pending)),
    clock,
    rings,
    wakes,
    lines,
    ...overrides,
  } as TestCtx;
  return ctx;
}

function recordingQueue(rings: number[]): Queue<unknown> {
  const send = async (_message: unknown, options?: QueueSendOptions) => {
    rings.push(options?.delaySeconds ?? 0);
  };
  return { send } as unknown as Queue<unknown>;
}

function recordingWebhooks(wakes: TestCtx['wakes']): Queue<DeliveryKey> {
  const sendBatch = async (messages: Iterable<MessageSendRequest<DeliveryKey>>) => {
    for (const { body, delaySeconds } of messages) wakes.push({ ...body, delaySeconds: delaySeconds ?? 0 });
  };
  return { sendBatch } as unknown as Queue<DeliveryKey>;
}

function recordingLog(lines: TestCtx['lines']): Log {
  return {
    info: (event, facts = {}) => void lines.push({ level: 'info', event, facts }),
    error: (event, facts = {}) => void lines.push({ level: 'error', event, facts }),
  };
}
