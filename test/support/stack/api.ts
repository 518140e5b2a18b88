/** A client of the public API that validates every answer with /openapi.json. */
import { setTimeout as delay } from 'node:timers/promises';
import { createAnswerCheck } from './openapi-check.ts';

export interface Answer {
  status: number;
  body: Record<string, unknown>;
}
/** The `data` of an answer about an import. Its members depend on the status. */
export type ImportData = Record<string, unknown> & { jobId: string; status: string };

export interface Api {
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Sends `POST /import` and returns the id of the job. */
  startImport(request: Record<string, unknown>): Promise<string>;
  status(jobId: string): Promise<ImportData>;
  /** Polls the status until `holds` returns true. Throws with the last status after `withinMs`. */
  until(jobId: string, holds: (data: ImportData) => boolean, withinMs?: number): Promise<ImportData>;
  /** Polls until the job is completed, failed or canceled. */
  ended(jobId: string, withinMs?: number): Promise<ImportData>;
}

const TERMINAL = ['completed', 'failed', 'canceled'];
/** The interval of a typical client. */
const ASK_EVERY_MS = 100;

/** Connects to a running service. */
export async function connectApi(apiUrl: string, apiKey: string): Promise<Api> {
  const check = await createAnswerCheck(apiUrl);
  const send: Api['send'] = async (method, path, body, headers = {}) => {
    const own = { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' };
    const answer = await fetch(`${apiUrl}${path}`, {
      method,
      headers: { ...own, ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const json = (await answer.json()) as Record<string, unknown>;
    check(method, path, answer.status, json);
    return { status: answer.status, body: json };
  };
  const status = async (jobId: string): Promise<ImportData> => {
    const { body } = await send('GET', `/import/status?id=${jobId}`);
    return body['data'] as ImportData;
  };
  const until: Api['until'] = async (jobId, holds, withinMs = 30_000) => {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const data = await status(jobId);
      if (holds(data)) return data;
      if (performance.now() > deadline)
        throw new Error(`after ${withinMs} ms it is still ${JSON.stringify(data)}`);
      await delay(ASK_EVERY_MS);
    }
  };
  return {
    send,
    status,
    until,
    startImport: async (request) => {
      const { status: code, body } = await send('POST', '/import', request);
      if (code !== 200) throw new Error(`POST /import answered ${code}: ${JSON.stringify(body)}`);
      return (body['data'] as ImportData).jobId;
    },
    ended: (jobId, withinMs) => until(jobId, (data) => TERMINAL.includes(data.status), withinMs),
  };
}
