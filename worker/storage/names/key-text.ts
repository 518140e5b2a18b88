/** Cleans text for object keys. Pure. */
import { stripControls } from '../../contract/plain-text.ts';

const utf8 = new TextEncoder();

/** Bytes of UTF-8. */
export function byteLength(text: string): number {
  return utf8.encode(text).length;
}

/** The text in NFC and without control characters. Unpaired surrogates, which have no UTF-8, are replaced. */
export function cleanText(text: string): string {
  return stripControls(text.toWellFormed().normalize('NFC'));
}

/** True for `.` and `..` in any encoding that a reader of the key may decode. */
export function isDotSegment(segment: string): boolean {
  return decodeAll(segment)
    .split(/[/\\]/)
    .some((part) => part === '.' || part === '..');
}

/** The longest prefix of at most `maxBytes` that does not split a character. */
export function cutBytes(text: string, maxBytes: number): string {
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += byteLength(character);
    if (bytes > maxBytes) break;
    end += character.length;
  }
  return text.slice(0, end);
}

/** Decodes percent-encoding repeatedly, until the text no longer changes. */
function decodeAll(text: string): string {
  try {
    const decoded = decodeURIComponent(text);
    return decoded === text ? text : decodeAll(decoded);
  } catch {
    return text;
  }
}
