/** The API of webhooks in front of a receiver that the test plays. */
import { makeApi, type TestApi } from '../support/make-api.ts';
import { HOOK, startReceiver } from './receiver.ts';

export type Data = Record<string, unknown> & { id: string; secret: string };

/** An API in front of a receiver. `ask` returns the data of an answer, or its code. */
export async function start() {
  const receiver = startReceiver();
  const api = await makeApi(receiver.ctx);
  const ask = (method: string, path: string, body?: unknown) => askAt(api, method, path, body);
  return { ...receiver, ...api, ctx: receiver.ctx, ask };
}

export async function askAt({ call }: TestApi, method: string, path: string, body?: unknown) {
  const answer = await (await call(method, path, body)).json<{ data?: Data; code?: string }>();
  return (answer.data ?? { code: answer.code }) as Data & { code?: string };
}

/** With an endpoint at HOOK. */
export async function startWithEndpoint() {
  const started = await start();
  const endpoint = await started.ask('POST', '/webhooks', { url: HOOK });
  return { ...started, endpoint, path: `/webhooks/${endpoint.id}` };
}
