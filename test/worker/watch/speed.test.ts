import { describe, expect, it } from 'vitest';
import { etaSeconds, nextSpeed, type Speed } from '../../../worker/watch/speed.ts';

const at = (bytesDone: number, stage: Speed['stage'] = 'downloading', attempt = 1) => ({
  attempt,
  stage,
  bytesDone,
});

/** The speeds after looks at these counters, each at its time in seconds. */
function speeds(looks: [number, ReturnType<typeof at>][]): (number | null)[] {
  let speed: Speed | null = null;
  return looks.map(([seconds, counters]) => {
    speed = nextSpeed(speed, counters, 1000 * seconds);
    return speed.bytesPerSecond;
  });
}

describe('the speed of a job', () => {
  it('is known when the counter has changed, and does not fall to zero between two reports', () => {
    expect(
      speeds([
        [0, at(0)],
        [1, at(0)],
        [2, at(2000)],
        [3, at(2000)],
        [4, at(4000)],
      ]),
    ).toEqual([null, null, 1000, 1000, 1000]);
  });

  it('follows a change slowly', () => {
    expect(
      speeds([
        [0, at(0)],
        [1, at(1000)],
        [2, at(11_000)],
        [3, at(21_000)],
      ]),
    ).toEqual([null, 1000, 4600, 6760]);
  });

  it('begins anew with each stage, with each attempt and when the counter falls', () => {
    expect(
      speeds([
        [0, at(0)],
        [1, at(1000)],
        [2, at(2000, 'uploading')],
        [3, at(3000, 'uploading')],
        [4, at(3500, 'uploading', 2)],
        [5, at(100, 'uploading', 2)],
      ]),
    ).toEqual([null, 1000, null, 1000, null, null]);
  });

  it('is zero when nothing has arrived for half a minute', () => {
    expect(
      speeds([
        [0, at(0)],
        [1, at(1000)],
        [30, at(1000)],
        [31, at(1000)],
      ]),
    ).toEqual([null, 1000, 1000, 0]);
  });
});

it.each([
  [{ bytesDone: 500, bytesTotal: 1500 }, 300, 4],
  [{ bytesDone: 1500, bytesTotal: 1500 }, 300, 0],
  [{ bytesDone: 1600, bytesTotal: 1500 }, 300, 0],
  [{ bytesDone: 500, bytesTotal: null }, 300, null],
  [{ bytesDone: 500, bytesTotal: 1500 }, null, null],
  [{ bytesDone: 500, bytesTotal: 1500 }, 0, null],
])('the time until %o is done at %s bytes a second is %s seconds', (counters, speed, seconds) => {
  expect(etaSeconds(counters, speed)).toBe(seconds);
});
