import { describe, expect, it } from 'vitest';
import { stripControls, toOneLine } from '../../worker/contract/plain-text.ts';

describe('text of unknown origin', () => {
  it.each([
    ['NUL', 'a\u0000b', 'ab'],
    ['an escape sequence', 'a\u001B[31mb', 'a[31mb'],
    ['a line break', 'a\r\nb\u2028c', 'a b c'],
    ['a tab', 'a\tb', 'a b'],
    ['a right-to-left override', 'invoice\u202Efdp.mp4', 'invoicefdp.mp4'],
    ['other directional characters', '\u200Ea\u200F\u061C\u2066b\u2069\u202C', 'ab'],
    ['an unpaired surrogate', 'a\uD800b', 'a\uFFFDb'],
    ['blanks at both ends', '\n a ', 'a'],
  ])('has %s removed or replaced on one line', (_name, text, line) => {
    expect(toOneLine(text)).toBe(line);
  });

  it.each(['עברית', 'العربية', 'zwj 👨‍👩‍👧', 'e\u0301'])('keeps %s', (text) => {
    expect(toOneLine(text)).toBe(text);
    expect(stripControls(text)).toBe(text);
  });
});
