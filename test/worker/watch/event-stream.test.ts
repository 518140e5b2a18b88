import { describe, expect, it, vi } from 'vitest';
import type { JobRow } from '../../../worker/db/rows.ts';
import { toImportView } from '../../../worker/views/import-view.ts';
import { EventStream } from '../../../worker/watch/event-stream.ts';
import type { Look } from '../../../worker/watch/job-watch.ts';
import { eventIdOf } from '../../../worker/watch/server-sent.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { makeJob } from '../support/rows.ts';

const ctx = makeCtx();
const NO_RESULT = {
  artifact: null,
  placement: null,
  destination: null,
  failedPlacement: null,
  places: null,
  noDownloaderSince: null,
};

async function lookAt(job: JobRow, bytesPerSecond: number | null = null): Promise<Look> {
  return { job, bytesPerSecond, view: await toImportView(ctx, { ...NO_RESULT, job }) };
}

const makeRunning = () =>
  makeJob(ctx, { status: 'processing', stage: 'downloading', startedAt: ctx.now(), bytesTotal: 1000 });

function open(lastEventId: string | null = null) {
  const clock = { nowMs: 0 };
  const onGone = vi.fn<() => void>();
  const stream = new EventStream({ keyId: 'key', lastEventId, onGone, now: () => clock.nowMs });
  const reader = stream.readable.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  /** Everything that was sent, once it contains `part`. */
  const readUntil = async (part: string): Promise<string> => {
    while (!text.includes(part)) {
      const { done, value } = await reader.read();
      if (done) throw new Error(`the stream ended: ${text}`);
      text += value;
    }
    return text;
  };
  const readAll = async (): Promise<string> => {
    for (let read = await reader.read(); !read.done; read = await reader.read()) text += read.value;
    return text;
  };
  return { stream, clock, onGone, reader, readUntil, readAll, sent: () => text };
}

const eventsIn = (text: string) => Array.from(text.matchAll(/^event: (.*)$/gm), ([, event]) => event);

describe('a stream of events', () => {
  it('tells the state, then each change with speed and time left, then the end', async () => {
    const job = await makeRunning();
    const { stream, sent, readAll } = open();
    const all = readAll();
    expect(stream.see(await lookAt(job))).toBe(true);
    const later = await lookAt({ ...job, bytesDone: 400 }, 100);
    // A look is skipped while the client has not read the event before; a state that was sent is not repeated.
    await vi.waitFor(() => {
      expect(stream.see(later)).toBe(true);
      expect(sent()).toContain('event: progress');
    });
    const canceled = { ...job, status: 'canceled' as const, stage: null, finishedAt: ctx.now() };
    expect(stream.see(await lookAt(canceled))).toBe(false);
    const text = await all;
    expect(text.startsWith('retry: 2000\n\n')).toBe(true);
    const blocks = text.split('\n\n').slice(1, -1);
    expect(blocks.map((block) => block.split('\n').map((line) => line.replace(/ .*/, '')))).toEqual(
      Array.from({ length: 3 }, () => ['id:', 'event:', 'data:']),
    );
    const data = blocks.map((block) => JSON.parse(/^data: (.*)$/m.exec(block)![1]!) as object);
    expect(eventsIn(text)).toEqual(['snapshot', 'progress', 'end']);
    expect(data[0]).toMatchObject({ jobId: job.id, status: 'processing', bytesDone: 0 });
    expect(data[1]).toEqual({
      jobId: job.id,
      status: 'processing',
      attempt: 1,
      stage: 'downloading',
      bytesDone: 400,
      bytesTotal: 1000,
      percent: 40,
      bytesPerSecond: 100,
      etaSeconds: 6,
    });
    expect(data[2]).toMatchObject({ jobId: job.id, status: 'canceled' });
  });

  it('repeats no snapshot for a client that knows the state, and sends one to a client that missed something', async () => {
    const job = await makeRunning();
    const [same, other] = [open(eventIdOf(job)), open(eventIdOf({ ...job, bytesDone: 7 }))];
    const canceled = { ...job, status: 'canceled' as const, stage: null, finishedAt: ctx.now() };
    for (const { stream } of [same, other]) {
      stream.see(await lookAt(job));
      stream.see(await lookAt(canceled));
    }
    expect(eventsIn(await same.readAll())).toEqual(['end']);
    expect(eventsIn(await other.readAll())).toEqual(['snapshot', 'end']);
  });

  it('sends a comment after 15 silent seconds, and ends after ten minutes', async () => {
    const look = await lookAt(await makeRunning());
    const { stream, clock, readUntil, readAll } = open();
    stream.see(look);
    clock.nowMs = 14_999;
    stream.see(look);
    clock.nowMs = 15_000;
    stream.see(look);
    expect(await readUntil(': keep-alive')).toMatch(/snapshot[^]*\n\n: keep-alive\n\n$/);
    clock.nowMs = 600_000;
    expect(stream.see(look)).toBe(false);
    expect(eventsIn(await readAll())).toEqual(['snapshot']);
  });

  it('keeps only the latest state for a client that reads nothing', async () => {
    const job = await makeRunning();
    const { stream, readAll } = open();
    for (let bytesDone = 0; bytesDone < 1000; bytesDone++) stream.see(await lookAt({ ...job, bytesDone }));
    stream.close();
    expect(eventsIn(await readAll()).length).toBeLessThan(5);
  });

  it('tells when the client has gone', async () => {
    const { stream, onGone, reader } = open();
    await reader.cancel();
    stream.see(await lookAt(await makeRunning()));
    await vi.waitFor(() => expect(onGone).toHaveBeenCalled());
  });
});
