/** A server that receives webhooks, for tests: it keeps every request and answers as the test says. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface ReceivedWebhook {
  path: string;
  headers: Record<string, string>;
  body: string;
}

export interface WebhookReceiver {
  url: (path: string) => string;
  received: ReceivedWebhook[];
  /** Those at one path. */
  at: (path: string) => ReceivedWebhook[];
  close: () => Promise<void>;
}

type Answer = (response: ServerResponse, webhook: ReceivedWebhook) => void;

/** What an endpoint can do. */
export const takes: Answer = (response) => void response.end('thanks');
export const neverAnswers: Answer = () => undefined;
export const redirectsTo =
  (location: string): Answer =>
  (response) =>
    void response.writeHead(307, { location }).end();
/** Sends the headers of success, then bytes without end. */
export const neverStops: Answer = (response) => {
  response.writeHead(200);
  const more = () => {
    while (response.writable && response.write('x'.repeat(64 * 1024)));
  };
  response.on('drain', more);
  more();
};
/** Sends the headers of success, promises more and closes the connection. */
export const breaksOff: Answer = (response) => {
  response.writeHead(200, { 'content-length': '1000' });
  response.write('begun', () => response.destroy());
};

/** Starts the server on a free port. A path without an answer takes every event. */
export async function startWebhookReceiver(answers: Record<string, Answer> = {}): Promise<WebhookReceiver> {
  const received: ReceivedWebhook[] = [];
  const receive = async (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? '/';
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    const webhook = { path, headers, body: await text(request) };
    received.push(webhook);
    (answers[path] ?? takes)(response, webhook);
  };
  const server = createServer((request, response) => void receive(request, response).catch(() => undefined));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: (path) => `http://127.0.0.1:${port}${path}`,
    received,
    at: (path) => received.filter((one) => one.path === path),
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
