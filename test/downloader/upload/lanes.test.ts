import { describe, expect, test } from 'vitest';
import { layOutLanes } from '../../../downloader/upload/lanes.ts';

const MIB = 1024 * 1024;

describe('layOutLanes', () => {
  test('uses one lane for an object of unknown size', () => {
    expect(layOutLanes(null, 16 * MIB, 2)).toEqual([{ start: 0, end: null, firstNumber: 1 }]);
  });

  test('does not open a second connection for a few parts', () => {
    expect(layOutLanes(7 * 8 * MIB, 8 * MIB, 2)).toEqual([{ start: 0, end: 56 * MIB, firstNumber: 1 }]);
  });

  test.each([8, 9, 64, 127, 9999])(
    'cuts %i parts and a rest at part boundaries without gap or overlap',
    (parts) => {
      const sizeBytes = parts * 8 * MIB + 5;
      const lanes = layOutLanes(sizeBytes, 8 * MIB, 2);
      expect(lanes).toHaveLength(2);
      expect(lanes[0]?.start).toBe(0);
      expect(lanes[0]?.end).toBe(lanes[1]?.start);
      expect(lanes[1]?.end).toBe(sizeBytes);
      expect(lanes[1]?.firstNumber).toBe((lanes[1]?.start ?? 0) / (8 * MIB) + 1);
    },
  );
});
