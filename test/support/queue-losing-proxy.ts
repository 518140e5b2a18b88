/**
 * Stands in for a deployment whose queue delivers nothing: every request reaches the real service, and answers about
 * queue probes say that the message is still under way.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Listens on a free loopback port in front of `target`. */
export async function startQueueLosingProxy(
  target: string,
): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    void forward(target, request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function forward(target: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { host: _host, connection: _connection, ...headers } = request.headers;
  const answer = await fetch(`${target}${request.url}`, {
    method: request.method ?? 'GET',
    headers: headers as Record<string, string>,
    ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
  });
  const text = await answer.text();
  const isProbe = request.url?.startsWith('/diagnostics/queue/') === true;
  response.writeHead(answer.status, { 'content-type': 'application/json' });
  response.end(isProbe ? text.replace(/"roundTripMs":\d+/, '"roundTripMs":null') : text);
}
