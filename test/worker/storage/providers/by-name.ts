/** Sends requests for any host to one loopback server, so that a stand-in can have the host names of its provider. */
import { connect } from 'cloudflare:sockets';

/** A `fetch` over plain TCP that keeps the signed Host header, for http and https URLs. Does not follow redirects. */
export function fetchByName(endpoint: string): typeof fetch {
  const { hostname, port } = new URL(endpoint);
  return async (input, init) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    const body = new Uint8Array(await request.arrayBuffer());
    const socket = connect({ hostname, port: Number(port) });
    const writer = socket.writable.getWriter();
    await writer.write(new TextEncoder().encode(headOf(request, url, body.length)));
    if (body.length > 0) await writer.write(body);
    const answer = new Uint8Array(await new Response(socket.readable).arrayBuffer());
    await socket.close();
    return toResponse(answer);
  };
}

function headOf({ method, headers }: Request, url: URL, sizeBytes: number): string {
  const lines = [...headers].filter(([name]) => name !== 'host' && name !== 'content-length');
  const own = [
    ['host', url.host],
    ['content-length', `${sizeBytes}`],
    ['connection', 'close'],
  ];
  const text = [...lines, ...own].map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `${method} ${url.pathname}${url.search} HTTP/1.1\r\n${text}\r\n`;
}

/** The server closes the connection after its answer, so everything after the head is the body. */
function toResponse(answer: Uint8Array): Response {
  const text = new TextDecoder('latin1').decode(answer);
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) throw new TypeError('the connection was closed without an answer');
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const status = Number(first.split(' ')[1]);
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const body = answer.slice(end + 4);
  return new Response(body.length === 0 ? null : body, { status, headers });
}
