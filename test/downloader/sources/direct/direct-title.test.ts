import { describe, expect, test } from 'vitest';
import { directTitle } from '../../../../downloader/sources/direct/direct-title.ts';

const title = (url: string, disposition?: string) => directTitle(new URL(url), disposition);

describe('directTitle', () => {
  test.each([
    ['https://a.example/video.mp4', undefined, 'video'],
    ['https://a.example/media/My%20Holiday%20-%20part%201.mp4?x=1', undefined, 'My Holiday - part 1'],
    ['https://a.example/na%C3%AFve.webm', undefined, 'naïve'],
    ['https://a.example/100%.mp4', undefined, '100%'],
    ['https://a.example/a/b/', undefined, 'b'],
    ['https://a.example/', undefined, 'a.example'],
    ['https://a.example/archive.v2.final', undefined, 'archive.v2'],
    ['https://a.example/.hidden', undefined, '.hidden'],
    ['https://a.example/x', 'attachment; filename="Big Buck Bunny.mp4"', 'Big Buck Bunny'],
    ['https://a.example/x', 'attachment; filename=plain.mp4; size=3', 'plain'],
    [
      'https://a.example/x',
      `attachment; filename="a.mp4"; filename*=UTF-8''na%C3%AFve%20%E2%82%AC.mp4`,
      'naïve €',
    ],
    ['https://a.example/x', `attachment; filename*=iso-8859-1'en'%A3%20rates.mp4`, '£ rates'],
    ['https://a.example/x', `attachment; filename*=UTF-8''%E0%A4%A; filename="kept.mp4"`, 'kept'],
    ['https://a.example/x', 'attachment; filename="a \\"quoted\\" name.mp4"', 'a "quoted" name'],
    ['https://a.example/x', 'attachment; filename="../../etc/passwd"', 'passwd'],
    ['https://a.example/x', `attachment; filename*=UTF-8''..%2F..%2Fboot.ini`, 'boot'],
    ['https://a.example/x', 'attachment; filename="C:\\\\dir\\\\clip.mp4"', 'clip'],
    ['https://a.example/x.mp4', 'attachment; filename=""', 'x'],
    ['https://a.example/x.mp4', 'inline', 'x'],
  ])('of %s with %s is "%s"', (url, disposition, expected) => {
    expect(title(url, disposition)).toBe(expected);
  });

  test('takes header bytes that are UTF-8 as UTF-8', () => {
    const header = Buffer.from('attachment; filename="Größe.mp4"', 'utf8').toString('latin1');
    expect(title('https://a.example/x', header)).toBe('Größe');
  });

  test('is never longer than the contract takes', () => {
    expect(title(`https://a.example/${'x'.repeat(1500)}.mp4`)).toHaveLength(1000);
  });

  test('answers hostile headers at once', () => {
    const started = performance.now();
    title('https://a.example/x', `attachment; filename="${'\\'.repeat(60_000)}`);
    title('https://a.example/x', `filename${' '.repeat(60_000)}`);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
