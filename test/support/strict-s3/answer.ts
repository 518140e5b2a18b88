/** Builds answers of the stand-in and writes them to the socket. */
import type { ServerResponse } from 'node:http';
import type { S3Error } from './s3-error.ts';

export type Answer = { status: number; headers: Record<string, string>; body: Buffer | string };

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ESCAPES[character] ?? character);
}

export const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** Flat XML element with text children, without a declaration. */
export function xmlElement(name: string, children: Record<string, string>): string {
  const inner = Object.entries(children).map(([child, text]) => `<${child}>${escapeXml(text)}</${child}>`);
  return `<${name}>${inner.join('')}</${name}>`;
}

/** Answer without a body. */
export function emptyAnswer(status: number, headers: Record<string, string> = {}): Answer {
  return { status, headers, body: '' };
}

/** 200 with an XML document. */
export function xmlAnswer(name: string, children: Record<string, string>): Answer {
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    body: XML_DECLARATION + xmlElement(name, children),
  };
}

/** The `<Error>` document of a refusal, as S3 writes it. */
export function errorAnswer(error: S3Error): Answer {
  const children = { Code: error.code, Message: error.message, ...error.detail };
  return {
    ...xmlAnswer('Error', children),
    status: error.status,
    headers: { ...error.headers, 'content-type': 'application/xml' },
  };
}

/** Writes an answer. Answers to HEAD, 204 and 304 have no body. */
export function sendAnswer(response: ServerResponse, method: string, answer: Answer): void {
  const body = Buffer.from(answer.body);
  const isBodyless = method === 'HEAD' || answer.status === 204 || answer.status === 304;
  const length = isBodyless && body.length === 0 ? {} : { 'content-length': String(body.length) };
  response.writeHead(answer.status, { ...length, ...answer.headers });
  response.end(isBodyless ? undefined : body);
}
