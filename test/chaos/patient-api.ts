/** A client that repeats a request until it is answered, as a good client does: under one Idempotency-Key. */
import { setTimeout as delay } from 'node:timers/promises';
import { connectApi, type Answer, type Api } from '../support/stack/api.ts';

export interface PatientApi {
  /** The answer, whatever its status below 500. With a key, POST requests take effect once. */
  send(method: string, path: string, body?: unknown, key?: string): Promise<Answer>;
  /** The `data` of the answer; throws for any other status than 200. */
  call(method: string, path: string, body?: unknown, key?: string): Promise<Record<string, unknown>>;
  /** How many requests had to be repeated. */
  repeats(): number;
}

const PAUSE_MS = 100;
/** A restart of everything takes ten seconds, and more on a busy machine. */
const PATIENCE_MS = 90_000;

export async function connectPatiently(apiUrl: string, apiKey: string): Promise<PatientApi> {
  const api: Api = await connectApi(apiUrl, apiKey);
  let repeats = 0;
  let last = '';
  /** A lost connection is repeated; an answer that is not documented is an error of the product. */
  const onlyLost = (error: unknown): null => {
    const isLost = error instanceof TypeError || error instanceof SyntaxError;
    if (!isLost) throw error;
    last = error.cause instanceof Error ? error.cause.message : error.message;
    return null;
  };
  const send: PatientApi['send'] = async (method, path, body, key) => {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const answer = await api
        .send(method, path, body, key ? { 'Idempotency-Key': key } : {})
        .catch(onlyLost);
      if (answer && answer.status < 500) return answer;
      if (performance.now() > deadline)
        throw new Error(`${method} ${path} was not answered: ${answer ? JSON.stringify(answer) : last}`);
      repeats += 1;
      await delay(PAUSE_MS);
    }
  };
  const call: PatientApi['call'] = async (method, path, body, key) => {
    const answer = await send(method, path, body, key);
    if (answer.status !== 200)
      throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body['data'] as Record<string, unknown>;
  };
  return { send, call, repeats: () => repeats };
}
