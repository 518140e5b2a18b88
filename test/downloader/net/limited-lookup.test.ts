import { describe, expect, test } from 'vitest';
import type { LookupAll } from '../../../downloader/net/guarded-connect.ts';
import { limitLookups } from '../../../downloader/net/limited-lookup.ts';

/** A resolver that answers when the test says so. */
function makeResolver() {
  const asked: { host: string; answer: () => void }[] = [];
  const lookup: LookupAll = (host, _options, callback) =>
    void asked.push({ host, answer: () => callback(null, [{ address: '192.0.2.1', family: 4 }]) });
  return { lookup, asked };
}

describe('the lookups of one job', () => {
  test('wait in order while two names have no answer', () => {
    const { lookup, asked } = makeResolver();
    const limited = limitLookups(lookup);
    const answered: string[] = [];
    for (const host of ['a', 'b', 'c', 'd']) limited(host, { all: true }, () => void answered.push(host));
    expect(asked.map(({ host }) => host)).toEqual(['a', 'b']);
    asked[1]?.answer();
    expect(asked.map(({ host }) => host)).toEqual(['a', 'b', 'c']);
    for (const { answer } of [...asked.slice(2), ...asked.slice(0, 1)]) answer();
    asked[3]?.answer();
    expect(answered).toEqual(['b', 'c', 'a', 'd']);
  });

  test('do not wait for those of another job', () => {
    const { lookup, asked } = makeResolver();
    const [hostile, honest] = [limitLookups(lookup), limitLookups(lookup)];
    for (let count = 0; count < 100; count += 1)
      hostile(`${count}.silent.example`, { all: true }, () => undefined);
    honest('honest.example', { all: true }, () => undefined);
    expect(asked).toHaveLength(3);
    expect(asked.at(-1)?.host).toBe('honest.example');
  });
});
