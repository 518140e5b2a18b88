import { afterEach, expect, test } from 'vitest';
import { drained, file, startHttpSource, type Handler } from '../../support/http-source.ts';
import { hoursOfVideo } from '../../support/long-mp4.ts';
import { makeWav } from '../../support/wav.ts';
import { startHarness } from './harness.ts';
import { cleanUps, closeAll, LARGE, MIB } from './one-job.ts';
import { startWorkerStandIn } from './worker-stand-in.ts';

afterEach(closeAll);

/** Bytes that a slow source sends at once: its first part is not full. */
const BURST_BYTES = MIB;

/** Declares a large file with ranges, sends its start at once, and then one byte a second. */
const trickle: Handler = async (_request, response) => {
  const range = `bytes 0-${LARGE.length - 1}/${LARGE.length}`;
  response.writeHead(206, { 'Content-Length': LARGE.length, 'Content-Range': range, ETag: '"slow"' });
  if (!response.write(LARGE.subarray(0, BURST_BYTES))) await drained(response);
  for (let at = BURST_BYTES; !response.destroyed; at += 1) {
    response.write(LARGE.subarray(at, at + 1));
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
};

const HONEST = makeWav(11 * MIB);
const { head, mediaBytes } = hoursOfVideo(1, 12 * MIB);
const FILM = Buffer.concat([head, Buffer.alloc(mediaBytes)]);

test('eight honest imports and the check of an hour of film end beside an import of one byte a second', async () => {
  const source = await startHttpSource();
  const harness = await startHarness({ capacity: 10 });
  cleanUps.push(() => source.close(), harness.stop);
  const begin = async (name: string, handler: Handler) => {
    source.serve(`/${name}`, handler);
    const worker = await startWorkerStandIn({ plans: [{ partSizeBytes: 5 * MIB }] });
    cleanUps.push(worker.close);
    const command = worker.command(source.url(`/${name}`), {
      stallSeconds: 60,
      minBytesPerSecond: 1,
      minRateSeconds: 60,
    });
    expect(harness.registry.accept(command)).toBe('accepted');
    return { worker, jobId: command.jobId };
  };
  const slow = await begin('slow.wav', trickle);
  const film = await begin('film.mp4', file(FILM, { contentType: 'video/mp4' }));
  const honest = [];
  for (let count = 0; count < 8; count += 1) honest.push(await begin(`${count}.wav`, file(HONEST)));

  const ends = await Promise.all([film, ...honest].map(({ worker }) => worker.finished));
  for (const end of ends) expect(end).toEqual({ completed: { warnings: [] } });
  expect(film.worker.stored()?.equals(FILM)).toBe(true);
  for (const { worker } of honest) expect(worker.stored()?.equals(HONEST)).toBe(true);

  await expect.poll(() => harness.registry.list().map(({ jobId }) => jobId)).toEqual([slow.jobId]);
  const [running] = harness.registry.running();
  expect(running?.progress.bytesDone).toBeGreaterThanOrEqual(BURST_BYTES);
  // One connection each, whatever the slow one has left to read.
  expect(source.requests.toSorted()).toEqual(
    ['GET /slow.wav', 'GET /film.mp4', ...honest.map((_, index) => `GET /${index}.wav`)].toSorted(),
  );
  harness.registry.cancel(slow.jobId);
  expect(await slow.worker.finished).toMatchObject({ failed: { failure: { code: 'canceled' } } });
  await harness.idle();
});
