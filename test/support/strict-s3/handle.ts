/** Handles one request: plays its fault, or runs the operation and writes the answer. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { readAddress } from './requests/address.ts';
import type { Incoming, Service } from './requests/admit.ts';
import { errorAnswer, sendAnswer, type Answer } from './answer.ts';
import { corsHeaders } from './operations/cors.ts';
import type { Fault, FaultQueue } from './faults.ts';
import { readBody } from './requests/framing.ts';
import { readOperation } from './requests/operation.ts';
import { faultAnswer, resetWhileReading, sendHugeXml } from './play-fault.ts';
import { startRecord } from './requests/request-log.ts';
import type { RequestRecord } from './requests/request-record.ts';
import { S3Error } from './s3-error.ts';
import { serve } from './serve.ts';
import { readWireRequest } from './requests/wire-request.ts';

/** A service with its clock, its faults and the log of its requests. */
export type Running = {
  service: Service;
  requests: RequestRecord[];
  faults: FaultQueue;
  now: () => number;
};

/** Headers of every answer: the name of the stand-in, and its time. */
function commonHeaders(running: Running, nowMs: number): Record<string, string> {
  return {
    server: `strict-s3-stand-in (${running.service.profile.name})`,
    'x-stand-in': `test stand-in, not ${running.service.profile.name}; behaviour from: ${running.service.profile.source}`,
    'x-amz-request-id': randomUUID(),
    date: new Date(nowMs).toUTCString(),
  };
}

async function answerOrRefusal(running: Running, incoming: Incoming): Promise<Answer> {
  try {
    return await serve(running.service, incoming);
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    incoming.record.code = error.code;
    const { bucket } = readAddress(incoming.request, running.service.virtualHostBase);
    const answer = errorAnswer(error);
    const cors = corsHeaders(running.service.buckets.get(bucket)?.cors ?? [], incoming.request);
    return { ...answer, headers: { ...answer.headers, ...cors } };
  }
}

/** Plays a fault that replaces the operation; false when the operation must run. */
async function playFault(
  fault: Fault,
  incoming: Incoming,
  response: ServerResponse,
  common: Record<string, string>,
): Promise<boolean> {
  const { message, record, request } = incoming;
  if (fault.kind === 'slow') await delay(fault.delayMs);
  if (fault.kind === 'skewedClock' || fault.kind === 'lostAnswer' || fault.kind === 'slow') return false;
  if (fault.kind === 'reset') {
    await resetWhileReading(message, fault.afterBytes);
    return true;
  }
  record.bodySizeBytes = (await readBody(message)).length;
  if (fault.kind === 'silence') return true;
  for (const [name, value] of Object.entries(common)) response.setHeader(name, value);
  if (fault.kind === 'hugeXml') await sendHugeXml(response, fault.sizeBytes);
  const answer = faultAnswer(fault);
  if (answer) sendAnswer(response, request.method, answer);
  Object.assign(record, { status: response.statusCode, code: 'code' in fault ? fault.code : null });
  return true;
}

async function handle(running: Running, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const request = readWireRequest(message);
  const operation = readOperation(request, readAddress(request, running.service.virtualHostBase));
  const record = startRecord(request, operation);
  running.requests.push(record);
  const fault = running.faults.take(operation, request.headers);
  const nowMs = running.now() + (fault?.kind === 'skewedClock' ? fault.offsetMs : 0);
  const incoming = { message, request, operation, record, nowMs };
  const common = commonHeaders(running, nowMs);
  if (fault && (await playFault(fault, incoming, response, common))) return;
  const answer = await answerOrRefusal(running, incoming);
  if (fault?.kind === 'lostAnswer') {
    message.socket.resetAndDestroy();
    return;
  }
  record.status = answer.status;
  sendAnswer(response, request.method, { ...answer, headers: { ...common, ...answer.headers } });
}

/** Answers a malformed target, ignores a disconnected client, and reports anything else as a bug of the stand-in. */
function onFailure(error: unknown, message: IncomingMessage, response: ServerResponse): void {
  if (error instanceof S3Error) sendAnswer(response, message.method ?? 'GET', errorAnswer(error));
  else if (message.destroyed && !message.complete) response.destroy();
  else throw error;
}

/** Listener of the server's `request` event. */
export function answerRequest(running: Running, message: IncomingMessage, response: ServerResponse): void {
  handle(running, message, response).catch((error: unknown) => onFailure(error, message, response));
}
