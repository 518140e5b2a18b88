import { describe, expect, it } from 'vitest';
import { cleanPath, customerKey, MAX_KEY_BYTES } from '../../../../worker/storage/names/object-key.ts';
import { checkTemplate } from '../../../../worker/storage/names/key-template.ts';

const JOB = '0199aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee';
const bytes = (text: string) => new TextEncoder().encode(text).length;
const key = (parts: Partial<Parameters<typeof customerKey>[0]>) =>
  customerKey({
    jobId: JOB,
    title: 'Never Gonna Give You Up',
    extension: 'mp4',
    sourceId: 'dQw4w9WgXcQ',
    uploader: 'Rick Astley',
    requestedAt: Date.UTC(2026, 10, 24, 23, 59),
    ...parts,
  });

describe('placeholders', () => {
  it.each([
    [{ storagePath: '{uploader}/{date}', storageFilename: '{id}' }, 'Rick Astley/2026-11-24/dQw4w9WgXcQ.mp4'],
    [{ storagePath: 'a-{ext}' }, 'a-mp4/Never Gonna Give You Up.mp4'],
    [{ storageFilename: '{title} [{id}].{ext}' }, 'Never Gonna Give You Up [dQw4w9WgXcQ].mp4'],
    [{ storageFilename: '{jobId}' }, `${JOB}.mp4`],
    [{ defaultPathPrefix: 'by/{uploader}' }, 'by/Rick Astley/Never Gonna Give You Up.mp4'],
    [{ storageFilename: '{ti\u0000tle}' }, 'Never Gonna Give You Up.mp4'],
    [{ storageFilename: '{ } and {a/b} and }{' }, '{ } and {a-b} and }{.mp4'],
  ])('%j', (parts, expected) => {
    expect(key(parts)).toBe(expected);
  });

  it('of a direct file are the job id and an unknown uploader', () => {
    const direct = { sourceId: null, uploader: null };
    expect(key({ ...direct, storagePath: '{uploader}', storageFilename: '{id}' })).toBe(`unknown/${JOB}.mp4`);
  });

  it('inside of values are not replaced', () => {
    expect(key({ title: '{uploader}', storageFilename: '{title} $& $1' })).toBe('{uploader} $& $1.mp4');
    expect(key({ title: '{nonsense}' })).toBe('{nonsense}.mp4');
  });

  it.each([
    ['storagePath', 'videos/{tilte}', 'storagePath has no placeholder {tilte}; there are {title} {id}'],
    ['storageFilename', '{Title}', 'storageFilename has no placeholder {Title}'],
    ['defaultPathPrefix', '{}', 'defaultPathPrefix has no placeholder {}'],
    ['storagePath', '{constructor}', 'no placeholder {constructor}'],
  ] as const)('%s refuses %s', (field, template, message) => {
    expect(() => checkTemplate(template, field)).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        message: expect.stringContaining(message),
        fields: expect.objectContaining({ field }),
      }),
    );
  });
});

describe('a value', () => {
  it.each([
    ['AC/DC', 'AC-DC'],
    ['a\\b', 'a-b'],
    ['..', JOB],
    ['.', JOB],
    ['%2e%2e', JOB],
    ['../../etc', '..-..-etc'],
    ['', JOB],
    [' \u0000\n ', JOB],
    ['Cafe\u0301', 'Café'],
  ])('%j is one segment, %j', (title, segment) => {
    expect(key({ title, storagePath: 'a/{title}/b', storageFilename: 'x' })).toBe(`a/${segment}/b/x.mp4`);
  });

  it.each([
    ['.{title}', '.', `.${JOB}`],
    ['.{title}', '%2e', `.${JOB}`],
    ['%2{title}', 'e', JOB],
    ['%{title}', '2e%2e', JOB],
  ])('%s with the title %j has no dot segments', (storagePath, title, segment) => {
    expect(key({ title, storagePath, storageFilename: 'x' })).toBe(`${segment}/x.mp4`);
  });

  it('of 2,000 characters is shortened, and the key keeps its extension', () => {
    const title = '🎬'.repeat(2000);
    const storagePath = '{title}/{title}/{title}/{title}/{title}';
    for (const name of [
      key({ title }),
      key({ title, storagePath }),
      key({ title, storageFilename: '{title}' }),
    ]) {
      expect(bytes(name)).toBeLessThanOrEqual(MAX_KEY_BYTES);
      expect(name).toMatch(/🎬\.mp4$/u);
    }
    expect(key({ title, storagePath }).split('/')).toHaveLength(6);
  });
});

it('gives unusable titles of different jobs different names', () => {
  const titles = ['', ' ', '.', '..', '\u0000', '\u0007\u001b', '%2e', '%2e%2e', '\n\t', '...'.slice(1)];
  const names = titles.map((title, job) => key({ title, jobId: `${JOB.slice(0, -1)}${job}` }));
  expect(new Set(names).size).toBe(10);
  for (const name of names) expect(name).toMatch(/^0199aaaa-bbbb-7ccc-8ddd-eeeeeeeeeee\d\.mp4$/);
});

it('limits the length of a path by the values of its placeholders', () => {
  expect(cleanPath(`${'x'.repeat(930)}/{title}`, 'storagePath')).toHaveLength(938);
  expect(() => cleanPath(`${'x'.repeat(950)}/{title}`, 'storagePath')).toThrow('longer');
  expect(() => cleanPath('{title}/'.repeat(100), 'storagePath')).toThrow('longer');
});

it('puts the suffix before the extension, even for the longest name', () => {
  expect(key({ storageFilename: 'my-video', suffix: ' (2)' })).toBe('my-video (2).mp4');
  expect(key({ storageFilename: 'my-video.mp4', suffix: ' (2)' })).toBe('my-video (2).mp4');
  const long = key({ storageFilename: 'ü'.repeat(1000), suffix: ` (${JOB})` });
  expect(bytes(long)).toBeLessThanOrEqual(MAX_KEY_BYTES);
  expect(long.endsWith(`ü (${JOB}).mp4`)).toBe(true);
});
