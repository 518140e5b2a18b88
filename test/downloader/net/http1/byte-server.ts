/** A server of whatever bytes, and a client that asks it, for the tests of the HTTP client. */
import { createServer, type Socket } from 'node:net';
import type { HttpClient } from '../../../../downloader/net/http1/exchange.ts';
import { exchange } from '../../../../downloader/net/http1/short-answer.ts';
import { listen } from '../servers.ts';

export type Speak = (socket: Socket, request: string) => void;

/** A server that answers each request with whatever bytes `speak` writes. Counts its connections. */
export async function serveBytes(speak: Speak): Promise<{ url: string; connections: () => number }> {
  let connections = 0;
  const port = await listen(
    createServer({ noDelay: true }, (socket) => {
      connections += 1;
      let request = '';
      socket.on('data', (bytes) => {
        request += bytes.toString('latin1');
        if (!request.includes('\r\n\r\n')) return;
        const whole = request;
        request = '';
        speak(socket, whole);
      });
    }),
  );
  return { url: `http://127.0.0.1:${port}/path?query`, connections: () => connections };
}

interface Ask {
  headersTimeoutMs?: number;
  idleTimeoutMs?: number;
  maxBytes?: number;
  body?: AsyncIterable<Uint8Array>;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** Sends one request, and returns status, headers and text of the answer. */
export async function ask(
  agent: HttpClient,
  url: string,
  { maxBytes = 100_000, body, headers = {}, signal, ...limits }: Ask = {},
) {
  const times = { headersTimeoutMs: 5000, idleTimeoutMs: 5000, ...limits };
  const request = {
    method: body ? 'PUT' : 'GET',
    url: new URL(url),
    headers,
    ...times,
    ...(body && { body }),
  };
  const { head, text } = await exchange(agent, request, {
    maxBytes,
    signal: signal ?? new AbortController().signal,
  });
  return { status: head.status, headers: Object.fromEntries(head.headers), text };
}
