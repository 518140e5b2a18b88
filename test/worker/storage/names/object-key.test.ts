import { describe, expect, it } from 'vitest';
import {
  cleanPath,
  customerKey,
  MAX_KEY_BYTES,
  serviceKey,
} from '../../../../worker/storage/names/object-key.ts';

const JOB = '0199aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee';
const REQUESTED_AT = Date.UTC(2026, 10, 24, 23, 59);
const RICK = 'Rick Astley - Never Gonna Give You Up';
const bytes = (text: string) => new TextEncoder().encode(text).length;
const key = (parts: Partial<Parameters<typeof customerKey>[0]>) =>
  customerKey({ jobId: JOB, title: RICK, extension: 'mp4', requestedAt: REQUESTED_AT, ...parts });

describe('the four examples of the guide, letter for letter', () => {
  it.each([
    [{ storagePath: 'videos/2024', storageFilename: 'my-video' }, 'videos/2024/my-video.mp4'],
    [{ storagePath: 'videos/2024' }, 'videos/2024/Rick Astley - Never Gonna Give You Up.mp4'],
    [{ storageFilename: 'my-video' }, 'my-video.mp4'],
    [{}, 'Rick Astley - Never Gonna Give You Up.mp4'],
  ])('%j', (parts, expected) => {
    expect(key(parts)).toBe(expected);
  });

  it.each([
    [{ storageFilename: 'my-video' }, 'uploads/my-video.mp4'],
    [{}, 'uploads/Rick Astley - Never Gonna Give You Up.mp4'],
    [{ storagePath: 'videos/2024' }, 'videos/2024/Rick Astley - Never Gonna Give You Up.mp4'],
    [{ storagePath: '' }, 'Rick Astley - Never Gonna Give You Up.mp4'],
  ])('storagePath replaces the default prefix: %j', (parts, expected) => {
    expect(key({ ...parts, defaultPathPrefix: 'uploads' })).toBe(expected);
  });
});

describe('a title never fails a job', () => {
  it.each([
    ['AC/DC \\ live', 'AC-DC - live.mp4'],
    ['../../etc/passwd', '..-..-etc-passwd.mp4'],
    ['', `${JOB}.mp4`],
    ['   ', `${JOB}.mp4`],
    ['.', `${JOB}.mp4`],
    ['..', `${JOB}.mp4`],
    ['..mp4', `${JOB}.mp4`],
    ['%2e%2e', `${JOB}.mp4`],
    ['%252e%252e', `${JOB}.mp4`],
    ['\u0000\u0007.\u001b.', `${JOB}.mp4`],
    ['a\nb\tc\u0085', 'abc.mp4'],
    ['invoice\u202efdp', 'invoicefdp.mp4'],
    ['clip.mp4', 'clip.mp4'],
    ['clip.MP4', 'clip.mp4'],
    ['.mp4', `${JOB}.mp4`],
    ['clip.mov', 'clip.mov.mp4'],
    ['Cafe\u0301', 'Café.mp4'],
    ['broken \ud800 pair', 'broken \ufffd pair.mp4'],
    ['日本語 🎬', '日本語 🎬.mp4'],
    ["a+b&c=d?e#f%g!'()*", "a+b&c=d?e#f%g!'()*.mp4"],
    ['soap', 'soap.mp4'],
  ])('%j becomes %j', (title, expected) => {
    expect(key({ title })).toBe(expected);
  });

  it('is shortened between characters to the limit of file systems, and keeps its extension', () => {
    const name = key({ title: '🎬'.repeat(500) });
    expect(bytes(name)).toBeLessThanOrEqual(255);
    expect(bytes(name)).toBeGreaterThan(255 - 4);
    expect(name).toMatch(/^(?:🎬)+\.mp4$/u);
  });
});

it('shortens a storageFilename only at the limit of S3', () => {
  const name = key({ storagePath: 'a/b', storageFilename: 'ü'.repeat(1000) });
  expect(bytes(name)).toBe(MAX_KEY_BYTES);
  expect(name.startsWith('a/b/ü') && name.endsWith('ü.mp4')).toBe(true);
});

it('turns a storageFilename into one segment', () => {
  expect(key({ storageFilename: '../other/name' })).toBe('..-other-name.mp4');
});

describe('paths', () => {
  it.each([
    ['/videos//2024/', 'videos/2024'],
    ['videos/\u0000/2024', 'videos/2024'],
    ['Cafe\u0301', 'Café'],
    ['a b/c - d', 'a b/c - d'],
    ['...', '...'],
    ['100%', '100%'],
    ['', ''],
  ])('%j becomes %j', (path, expected) => {
    expect(cleanPath(path, 'storagePath')).toBe(expected);
  });

  it.each([
    '..',
    'a/../b',
    './a',
    'a/%2e%2e/b',
    'a/%2E./b',
    '%252e%252e',
    'a/.\u0000./b',
    'a\\..\\b',
    'a/..%2fb',
    'a/%5c..%5cb',
  ])('%j is refused with the name of the field', (path) => {
    expect(() => cleanPath(path, 'storagePath')).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        fields: expect.objectContaining({ field: 'storagePath' }),
      }),
    );
  });

  it('that leave too few bytes for a name are refused', () => {
    expect(() => cleanPath('x'.repeat(1000), 'storagePath')).toThrow('longer');
  });
});

it('gives each attempt and each further upload its own key in service storage', () => {
  const parts = { workspaceId: 'w', jobId: JOB, title: 'a/b', extension: 'webm' };
  expect(serviceKey({ ...parts, attempt: 2, upload: 0 })).toBe(`w/${JOB}/2/a-b.webm`);
  expect(serviceKey({ ...parts, attempt: 2, upload: 1 })).toBe(`w/${JOB}/2/1/a-b.webm`);
});
