/** Reads the head of an HTTP/1.1 answer from a foreign server (RFC 9112). Pure. */
import { errors } from 'undici';

/** Bytes of a head, as Node limits it. */
export const MAX_HEAD_BYTES = 16 * 1024;

/** How the length of a body is known. */
export type BodyLength =
  | { kind: 'bytes'; sizeBytes: number }
  | { kind: 'chunked' }
  /** The body ends with the connection. */
  | { kind: 'connection' };

export interface AnswerHead {
  status: number;
  /** By lower-case name; repeated fields are joined with a comma. */
  headers: Map<string, string>;
  body: BodyLength;
  /** Milliseconds for which the connection may be used again; 0 when it ends with this answer, null when the server does not say. */
  keepAliveMs: number | null;
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: .*)?$/;
const FIELD_NAME = /^[!#$%&'*+\-.^_`|~\w]+$/;
const LENGTH = /^\d{1,15}$/;

/** `text` is the head in latin1, without the empty line. Throws HTTPParserError. */
export function parseAnswerHead(text: string): AnswerHead {
  const [first = '', ...lines] = text.split('\r\n');
  const [, minor, digits] = STATUS_LINE.exec(first) ?? refuse('the status line');
  const status = Number(digits);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [name, value] = parseField(line);
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  const body = bodyLength(status, headers);
  const mayBeKept = body.kind !== 'connection' && (minor === '1' || hasToken(headers, 'keep-alive'));
  const isKept = mayBeKept && !hasToken(headers, 'close');
  return { status, headers, body, keepAliveMs: isKept ? keepAliveHint(headers) : 0 };
}

function parseField(line: string): [string, string] {
  const colon = line.indexOf(':');
  const name = line.slice(0, colon);
  // A name with a space in front of the colon, or a continued line, is read differently by different programs.
  if (colon < 1 || !FIELD_NAME.test(name) || hasControls(line)) refuse('a header');
  return [name.toLowerCase(), line.slice(colon + 1).trim()];
}

/** Whether the line has control characters other than a tab. */
function hasControls(line: string): boolean {
  for (let index = 0; index < line.length; index += 1) {
    const code = line.charCodeAt(index);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) return true;
  }
  return false;
}

function bodyLength(status: number, headers: Map<string, string>): BodyLength {
  const coding = headers.get('transfer-encoding');
  const length = headers.get('content-length');
  if (coding !== undefined && length !== undefined) refuse('two lengths');
  if (status < 200 || status === 204 || status === 304) return { kind: 'bytes', sizeBytes: 0 };
  if (coding !== undefined) {
    if (coding.toLowerCase() !== 'chunked') refuse('the transfer coding');
    return { kind: 'chunked' };
  }
  if (length === undefined) return { kind: 'connection' };
  if (!LENGTH.test(length)) refuse('the length');
  return { kind: 'bytes', sizeBytes: Number(length) };
}

function hasToken(headers: Map<string, string>, token: string): boolean {
  const tokens = headers.get('connection')?.toLowerCase().split(',') ?? [];
  return tokens.some((one) => one.trim() === token);
}

function keepAliveHint(headers: Map<string, string>): number | null {
  const seconds = /(?:^|[ ,])timeout=(\d{1,6})/i.exec(headers.get('keep-alive') ?? '')?.[1];
  return seconds === undefined ? null : Number(seconds) * 1000;
}

/** Throws HTTPParserError: the answer is not to be understood, because of `what`. */
export function refuse(what: string): never {
  throw new errors.HTTPParserError(`An answer is not HTTP/1.1: ${what}`);
}
