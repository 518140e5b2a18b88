import { describe, expect, test } from 'vitest';
import { frontBytes, hasFragmentsOnly } from '../../../../downloader/sources/direct/front-boxes.ts';
import { box, FILE_TYPE, mediaHeader, uint32 } from '../../../support/crafted-mp4.ts';

const MOVIE = box('moov', Buffer.alloc(1000));
const FRAGMENT = Buffer.concat([box('moof', Buffer.alloc(100)), box('mdat', Buffer.alloc(100))]);

describe('the front of an MP4', () => {
  test('reaches to the header behind its movie, also when this is longer than what is known', () => {
    const start = Buffer.concat([FILE_TYPE, box('free'), MOVIE, mediaHeader(1e9)]);
    expect(frontBytes(start, 1e6)).toBe(start.length - 16 + 16 * 1024);
    expect(frontBytes(start.subarray(0, FILE_TYPE.length + 20), 1e6)).toBe(start.length - 16 + 16 * 1024);
  });

  test.each<[string, Buffer]>([
    ['is too long', Buffer.concat([FILE_TYPE, uint32(2e6), Buffer.from('moov')])],
    ['is behind the media', Buffer.concat([FILE_TYPE, uint32(1e9), Buffer.from('mdat')])],
    ['is behind media of 64-bit size', Buffer.concat([FILE_TYPE, mediaHeader(1e9), MOVIE])],
    ['is behind a box without an end', Buffer.concat([FILE_TYPE, uint32(0), Buffer.from('free'), MOVIE])],
    ['is not there', FILE_TYPE],
    ['is cut', Buffer.concat([FILE_TYPE, uint32(1000)])],
  ])('does not count when the movie %s', (_, head) => {
    expect(frontBytes(head, 1e6)).toBe(0);
  });
});

const FREE = Array<Buffer>(1000).fill(box('free'));

describe('an MP4', () => {
  test.each<[string, Buffer, boolean]>([
    ['with fragments alone', Buffer.concat([FILE_TYPE, MOVIE, FRAGMENT, FRAGMENT]), true],
    ['with an index before its fragments', Buffer.concat([FILE_TYPE, MOVIE, box('sidx'), FRAGMENT]), false],
    ['without fragments', Buffer.concat([FILE_TYPE, MOVIE, mediaHeader(1e9)]), false],
    ['with countless boxes at its front', Buffer.concat([...FREE, FRAGMENT]), false],
  ])('%s must be read in order: %o', (_, head, isOrdered) => {
    expect(hasFragmentsOnly(head)).toBe(isOrdered);
  });
});
