import { describe, expect, it } from 'vitest';
import { hostOf, wordsOf, wordsOfUrl } from '../../../../worker/jobs/imports/search-words.ts';

describe('the words of a text', () => {
  it.each<[string, string[]]>([
    ['Rick Astley – Never Gonna (Official Video)', ['rick', 'astley', 'never', 'gonna', 'official', 'video']],
    ['summer_holiday-2024.mp4', ['summer', 'holiday', '2024', 'mp4']],
    ['Café CAFÉ cafe', ['cafe']],
    ['ﬁne ⅷ', ['fine', 'viii']],
    ['夏休みの思い出', ['夏休み', 'の', '思い出']],
    ['한국어 노래', ['한국어', '노래']],
    ['a b 7 – … !', []],
    ['x'.repeat(41), []],
    ['\ud800 lone', ['lone']],
    ['', []],
  ])('of %j are %j', (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  it('are the first 24 of a long text', () => {
    const text = Array.from({ length: 1000 }, (_, index) => `word${index}`).join(' ');
    expect(wordsOf(text)).toEqual(Array.from({ length: 24 }, (_, index) => `word${index}`));
  });
});

describe('the words of a URL', () => {
  it.each<[string, string[]]>([
    ['https://www.youtube.com/watch?v=dQw4w9WgXcQ', ['youtube', 'watch', 'dqw4w9wgxcq']],
    [
      'https://media.example/summer%20holiday/caf%C3%A9.mp4',
      ['media', 'example', 'summer', 'holiday', 'cafe', 'mp4'],
    ],
    ['https://media.example/100%-real', ['media', 'example', '100', 'real']],
  ])('%s are %j', (url, words) => {
    expect(wordsOfUrl(url)).toEqual(words);
  });
});

it.each([
  ['https://www.youtube.com/watch?v=1', 'youtube.com'],
  ['https://m.youtube.com:8443/', 'm.youtube.com'],
  ['http://[2001:db8::1]:80/a', '[2001:db8::1]'],
  ['https://MÜNCHEN.example/', 'xn--mnchen-3ya.example'],
  ['about:blank', ''],
  ['no URL', null],
])('the host of %s is %j', (url, host) => {
  expect(hostOf(url)).toBe(host);
});
