/** The title of a direct file: its Content-Disposition name, or the last segment of its URL, without the extension. */

/** The contract's maximum length of `title`, in characters. */
const MAX_TITLE_CHARACTERS = 1000;
/** `filename*=UTF-8''na%C3%AFve.mp4` (RFC 5987). */
const EXTENDED_NAME = /filename\*\s*=\s*([\w-]+)'[\w-]*'([^;\s]+)/i;
/** `filename="a \"b\".mp4"` or `filename=a.mp4` (RFC 6266). */
const PLAIN_NAME = /filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))/i;

/** Never empty: the last choice is the host name. `contentDisposition` is the unparsed header. */
export function directTitle(url: URL, contentDisposition: string | undefined): string {
  const name = dispositionName(contentDisposition ?? '') || lastSegment(url) || url.hostname;
  return withoutExtension(name).slice(0, MAX_TITLE_CHARACTERS);
}

function dispositionName(header: string): string {
  const extended = EXTENDED_NAME.exec(header);
  if (extended?.[1] && extended[2]) {
    const decoded = decodeExtended(extended[1], extended[2]);
    if (decoded) return baseName(decoded);
  }
  const plain = PLAIN_NAME.exec(header);
  const quoted = plain?.[1]?.replaceAll(/\\(.)/g, '$1');
  return baseName(utf8OfLatin1(quoted ?? plain?.[2] ?? ''));
}

function decodeExtended(charset: string, text: string): string | null {
  if (charset.toLowerCase() === 'utf-8') return decodeOrNull(text);
  if (charset.toLowerCase() !== 'iso-8859-1') return null;
  return text.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCodePoint(Number.parseInt(hex, 16)),
  );
}

/** Node decodes header bytes as Latin-1. Bytes that are valid UTF-8 are decoded as UTF-8. */
function utf8OfLatin1(text: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(text, 'latin1'));
  } catch {
    return text;
  }
}

/** Removes a path from the name (RFC 6266 §4.3). */
function baseName(name: string): string {
  return (name.split(/[/\\]/).pop() ?? '').trim();
}

function lastSegment(url: URL): string {
  const segment = url.pathname.split('/').findLast((part) => part !== '') ?? '';
  return (decodeOrNull(segment) ?? segment).trim();
}

function decodeOrNull(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function withoutExtension(name: string): string {
  return name.replace(/(?<=.)\.[A-Za-z0-9]{1,5}$/, '');
}
