/** The words by which the list of imports finds an import. The same function reads a URL, a title and the text of a search. Pure. */

/** Words of one text. The URL of a signed link has hundreds. */
const MAX_WORDS = 24;
/** A longer word is a signature, not something that a person looks for. */
const MAX_WORD_CHARACTERS = 40;
/** Words of (almost) every URL. */
const COMMON = new Set(['http', 'https', 'www', 'com']);

/** Languages without spaces are split by a dictionary. */
const segmenter = new Intl.Segmenter('und', { granularity: 'word' });

/** The distinct words of a text in small letters without accents, the first ones if there are many. */
export function wordsOf(text: string): string[] {
  const plain = text.normalize('NFKD').replaceAll(/\p{M}/gu, '').normalize('NFC').toLowerCase();
  const runs = plain.match(/[\p{L}\p{N}]+/gu) ?? [];
  const words = runs.flatMap(segmentsOf).filter(isUseful);
  return [...new Set(words)].slice(0, MAX_WORDS);
}

/** The words of a URL, with its percent-encoded text decoded. */
export function wordsOfUrl(url: string): string[] {
  return wordsOf(decoded(url));
}

/** The host of a URL as the list filters by it: without `www.`, which many sites answer with and without. */
export function hostOf(url: string): string | null {
  return URL.parse(url)?.hostname.replace(/^www\./, '') ?? null;
}

function segmentsOf(run: string): string[] {
  if (/^[a-z0-9]+$/.test(run)) return [run];
  return Array.from(segmenter.segment(run), ({ segment }) => segment);
}

/** A single Latin letter or digit is the name of a parameter, as in `watch?v=…`. */
function isUseful(word: string): boolean {
  return word.length <= MAX_WORD_CHARACTERS && !COMMON.has(word) && !/^[a-z0-9]$/.test(word);
}

function decoded(url: string): string {
  try {
    return decodeURIComponent(url);
  } catch {
    return url;
  }
}
