/** Plays each kind of fault on the connection. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { errorAnswer, XML_DECLARATION, xmlElement, type Answer } from './answer.ts';
import type { Fault } from './faults.ts';
import { S3Error } from './s3-error.ts';

/** The answer of a fault; null for faults that do not answer. */
export function faultAnswer(fault: Fault): Answer | null {
  switch (fault.kind) {
    case 'error': {
      const headers =
        fault.retryAfterSeconds === undefined ? {} : { 'retry-after': String(fault.retryAfterSeconds) };
      return errorAnswer(new S3Error(fault.code, { headers }));
    }
    case 'refusesHeader':
      return errorAnswer(new S3Error('NotImplemented', { detail: { Header: fault.header } }));
    case 'errorInOk': {
      // S3 sends the XML declaration, then spaces while it works, then the error (CompleteMultipartUpload, API reference).
      const error = new S3Error(fault.code);
      const body =
        XML_DECLARATION + ' '.repeat(64) + xmlElement('Error', { Code: error.code, Message: error.message });
      return { status: 200, headers: { 'content-type': 'application/xml' }, body };
    }
    case 'html': {
      const body =
        '<!DOCTYPE html><html><head><title>Welcome</title></head><body>stand-in page</body></html>';
      return { status: fault.status, headers: { 'content-type': 'text/html' }, body };
    }
    case 'redirect':
      return { status: fault.status, headers: { location: fault.location }, body: '' };
    case 'lostAnswer':
    case 'slow':
    case 'reset':
    case 'silence':
    case 'hugeXml':
    case 'skewedClock':
      return null;
  }
}

function* hugeXml(sizeBytes: number): Generator<string> {
  const filler = 'stand-in filler '.repeat(4096);
  yield `${XML_DECLARATION}<Error><Code>InternalError</Code><Message>`;
  for (let sent = 0; sent < sizeBytes; sent += filler.length) yield filler;
  yield '</Message></Error>';
}

/** Sends XML of the given size in pieces, until the client disconnects. */
export async function sendHugeXml(response: ServerResponse, sizeBytes: number): Promise<void> {
  response.writeHead(400, { 'content-type': 'application/xml' });
  await pipeline(hugeXml(sizeBytes), response).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE' && error.code !== 'ECONNRESET') throw error;
  });
}

/** Reads some of the body, then resets the connection, at the latest at the end of the body. */
export async function resetWhileReading(message: IncomingMessage, afterBytes: number): Promise<void> {
  let received = 0;
  for await (const chunk of message.iterator({ destroyOnReturn: false })) {
    received += (chunk as Buffer).length;
    if (received >= afterBytes) break;
  }
  message.socket.resetAndDestroy();
}
