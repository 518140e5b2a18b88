/** Recognizes text: playlists, pages, XML, and other text. Pure. */

export interface SniffedText {
  kind: 'playlist' | 'page' | 'other';
  extension: string;
  contentType: string;
}

/** First tags that make a browser treat a resource as HTML (WHATWG MIME sniffing, section 7.1). */
const HTML_START =
  /^<(?:!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|meta|link|!--)(?:[\s>/-]|$)/;

const PLAYLIST: SniffedText = {
  kind: 'playlist',
  extension: 'm3u8',
  contentType: 'application/vnd.apple.mpegurl',
};
const MANIFEST: SniffedText = { kind: 'playlist', extension: 'mpd', contentType: 'application/dash+xml' };
const PAGE: SniffedText = { kind: 'page', extension: 'html', contentType: 'text/html' };
const SVG: SniffedText = { kind: 'other', extension: 'svg', contentType: 'image/svg+xml' };
const XML: SniffedText = { kind: 'page', extension: 'xml', contentType: 'application/xml' };
const TEXT: SniffedText = { kind: 'other', extension: 'txt', contentType: 'text/plain' };

/** Bytes that are looked at: enough for a declaration, comments and the first tag. */
const TEXT_BYTES = 16 * 1024;

/** Null when the first bytes are not text. */
export function sniffText(head: Uint8Array): SniffedText | null {
  const text = decode(head.subarray(0, TEXT_BYTES))?.trimStart().toLowerCase();
  if (text === undefined) return null;
  if (text.startsWith('#extm3u')) return PLAYLIST;
  // ffmpeg recognizes an ffconcat playlist by its first words.
  if (text.startsWith('ffconcat') || text.startsWith('[playlist]')) return PLAYLIST;
  if (text.startsWith('<')) return sniffMarkup(text);
  return TEXT;
}

function sniffMarkup(text: string): SniffedText {
  const root = skipProlog(text);
  if (/^<(?:[\w-]+:)?mpd[\s>]/.test(root)) return MANIFEST;
  if (/^<(?:[\w-]+:)?svg[\s>]/.test(root)) return SVG;
  if (/^<smoothstreamingmedia[\s>]/.test(root)) return MANIFEST;
  if (HTML_START.test(root) || HTML_START.test(text)) return PAGE;
  return XML;
}

/** Removes the XML declaration, comments and a doctype that is not HTML's from the front. */
function skipProlog(text: string): string {
  let rest = text;
  for (;;) {
    const prolog = /^(?:<\?[^>]*\?>|<!--[\s\S]*?-->|<!doctype (?!html)[^>[]*>)\s*/.exec(rest)?.[0];
    if (!prolog) return rest;
    rest = rest.slice(prolog.length);
  }
}

/** Decodes UTF-8, or UTF-16 with a byte order mark. Undefined when control characters show that it is not text. */
function decode(head: Uint8Array): string | undefined {
  const sixteen = utf16Label(head);
  // As a stream, since the last character may be cut in the middle.
  const text = new TextDecoder(sixteen ?? 'utf-8').decode(head, { stream: true });
  if (text.length === 0 || /[^\P{Cc}\t\n\v\f\r\u0085]/u.test(text)) return undefined;
  const broken = text.split('\uFFFD').length - 1;
  return broken * 20 > text.length && !text.trimStart().startsWith('<') ? undefined : text;
}

/** UTF-16 by its byte order mark, and only before ASCII characters: FF FE also starts some MPEG audio. */
function utf16Label(head: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  if (head[0] === 0xff && head[1] === 0xfe && head[3] === 0) return 'utf-16le';
  return head[0] === 0xfe && head[1] === 0xff && head[2] === 0 ? 'utf-16be' : null;
}
